import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redactor } from './redact.ts'

const secret = 'sk-a b/"c\\d+é=?'
const redact = redactor([secret])

describe('redactor', () => {
  it.each([
    ['as it is', secret],
    ['URL-encoded', encodeURIComponent(secret)],
    ['URL-encoded in lower case', encodeURIComponent(secret).replace(/%../g, (h) => h.toLowerCase())],
    ['JSON-escaped', JSON.stringify(secret).slice(1, -1)],
    ['JSON-escaped to ASCII', JSON.stringify(secret).slice(1, -1).replace('é', '\\u00e9')],
  ])('hides a secret %s', (_, form) => expect(redact(`before ${form} after`)).toBe('before *** after'))

  it('hides base64 of the secret wherever it stands in the encoded bytes', () => {
    const random = redactor(['0123456789abcdef'])
    for (const before of ['', 'x', 'xy', 'xyz', 'user:']) {
      const encoded = Buffer.from(`${before}0123456789abcdef!`).toString('base64')
      const shown = random(encoded)
      expect(shown).toContain('***')
      expect(Buffer.from(shown.replace('***', ''), 'base64').toString()).not.toContain('2345')
    }
  })

  it('leaves other text and short values alone', () => {
    expect(redactor(['a', '', 'abc'])('abc a')).toBe('abc a')
    expect(redact('nothing here')).toBe('nothing here')
  })

  it('hides the longer of two secrets that start the same', () => {
    expect(redactor(['secret-1', 'secret-1-long'])('secret-1-long')).toBe('***')
  })

  it('leaves no secret in any text around it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6 }), fc.string(), fc.string(), (value, before, after) => {
        fc.pre(!'***'.includes(value) && !value.includes('*') && !(before + after).includes(value))
        const shown = redactor([value])(`${before}${value}${after}`)
        expect(shown).toContain('***')
        expect(shown).not.toContain(value)
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseHost } from './host-name.ts'

const read = (text: string) => {
  const result = parseHost(text)
  return result.ok ? result.value : `! ${result.error}`
}

describe('parseHost', () => {
  it.each([
    ['Example.ORG.', 'example.org'],
    ['bücher.de', 'xn--bcher-kva.de'],
    ['XN--BCHER-KVA.de', 'xn--bcher-kva.de'],
    ['_acme.example.org', '_acme.example.org'],
    ['localhost', 'localhost'],
    ['127.0.0.1', '127.0.0.1'],
    ['127.1', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['0x7f000001', '127.0.0.1'],
    ['0177.0.0.01', '127.0.0.1'],
    ['0x7F.0.1', '127.0.0.1'],
    ['127.0.0.1.', '127.0.0.1'],
    ['0', '0.0.0.0'],
    ['１２７.0.0.1', '127.0.0.1'],
    ['169。254。169。254', '169.254.169.254'],
    ['[::1]', '::1'],
    ['::1', '::1'],
    ['[0:0:0:0:0:0:0:1]', '::1'],
    ['[FE80::1]', 'fe80::1'],
    ['[::ffff:127.0.0.1]', '127.0.0.1'],
    ['[::ffff:7f00:1]', '127.0.0.1'],
    ['0000:0000:0000:0000:0000:ffff:169.254.169.254', '169.254.169.254'],
    ['[64:ff9b::10.0.0.1]', '64:ff9b::a00:1'],
  ])('%s is %s', (text, host) => expect(read(text)).toBe(host))

  it.each([
    '',
    '.',
    'a..b',
    '.example.org',
    'example.org..',
    '-a.org',
    'a-.org',
    `${'a'.repeat(64)}.org`,
    `${'a.'.repeat(127)}org`,
    'x'.repeat(5000),
    'example.org:443',
    '[::1]:443',
    'user@example.org',
    'example.org/path',
    'example.org\\x',
    'example.org?x',
    'example.org#x',
    'exa mple.org',
    'example.org\r\nHost: other.org',
    'example.org\0',
    'example.org\t',
    'ex%61mple.org',
    '%31%32%37.0.0.1',
    'fe80::1%eth0',
    '[fe80::1%25eth0]',
    '[fe80::1%1]',
    '[::1',
    '::1]',
    '1::2::3',
    '[127.0.0.1]',
    '1.2.3.4.5',
    '256.1.1.1',
    '1.2.3.08',
    'example.0x1',
    '*.example.org',
    'a\ud800.org',
    'a\u2028.org',
  ])('refuses %j', (text) => expect(parseHost(text).ok).toBe(false))

  it('says what is wrong, and never in more than a line', () => {
    expect(read('user@example.org')).toBe(
      '! "user@example.org" is not a host name: it has a character that no host name has',
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const result = parseHost(text)
        if (!result.ok) expect(result.error).toMatch(/^[^\n\r]{1,700}$/)
      }),
    )
  })

  it('gives a name that reads as itself, in lower case and plain ASCII', () => {
    const label = fc.stringMatching(/^[A-Za-z0-9_]([A-Za-z0-9_-]{0,12}[A-Za-z0-9_])?$/)
    const odd = fc.string({ unit: fc.constantFrom(...'aZ09.-_:[]%@/\\*xX \t\0ßéа。．１'), maxLength: 24 })
    const names = fc.oneof(
      fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => labels.join('.')),
      odd,
    )
    fc.assert(
      fc.property(names, (text) => {
        const first = parseHost(text)
        if (!first.ok) return
        expect(first.value).toMatch(/^[a-z0-9_.:-]+$/)
        expect(parseHost(first.value)).toEqual(first)
        expect(parseHost(text.replace(/[a-z]/g, (letter) => letter.toUpperCase()))).toEqual(first)
      }),
      { numRuns: 2000 },
    )
  })
})

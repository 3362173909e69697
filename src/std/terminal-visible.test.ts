import fc from 'fast-check'
import { expect, it } from 'vitest'
import { terminalVisible } from './terminal-visible.ts'

it.each([
  ['a\tb\nc\r\nd', 'a\tb\nc\r\nd'],
  ['\u001b]52;c;ZXZpbA==\u0007', '\\u001b]52;c;ZXZpbA==\\u0007'],
  ['\u001b[31mred', '\\u001b[31mred'],
  ['one\rtwo', 'one\\u000dtwo'],
  ['\u061c\u200b\u202e\u2028\u2066\ufeff\u009b\u007f', '\\u061c\\u200b\\u202e\\u2028\\u2066\\ufeff\\u009b\\u007f'],
  ['\u{e0041}', '\\u{e0041}'],
  ['a\ud800b', 'a\ufffdb'],
  ['é日本', 'é日本'],
])('%j', (text, shown) => expect(terminalVisible(text)).toBe(shown))

it('lets our own codes through, and nothing else', () => {
  const own = { own: true }
  expect(terminalVisible('\r\u001b[J\u001b[1;31mx\u001b[0m\r', own)).toBe('\r\u001b[J\u001b[1;31mx\u001b[0m\r')
  expect(terminalVisible('\u001b[2J\u001b[1Aa\rb', own)).toBe('\\u001b[2J\\u001b[1Aa\\u000db')
})

it('is JSON still where it was JSON', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const json = JSON.stringify(`${text}\u202e\u009b\u200b`)
      expect(JSON.parse(terminalVisible(json))).toBe(JSON.parse(json))
    }),
  )
})

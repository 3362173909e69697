import { expect, test } from 'vitest'
import { plainJson } from './plain-json.ts'

test('JSON for a terminal has no character that acts on it, and is the same value', () => {
  const value = { 'a\u202e': ['\u001b[31m', '\u009b31m', '\u007f', 'é 😀'], b: 1 }
  const text = plainJson(value)
  for (const acting of ['\u001b', '\u009b', '\u007f', '\u202e']) expect(text).not.toContain(acting)
  expect(text).toContain('é 😀')
  expect(JSON.parse(text)).toEqual(value)
})

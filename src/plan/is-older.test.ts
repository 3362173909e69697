import { expect, it } from 'vitest'
import { isOlder } from './is-older.ts'

it.each([
  ['1.18.32', '1.18.33', true],
  ['1.18.33', '1.18.33', false],
  ['1.9.0', '1.18.0', true],
  ['2.0', '1.99.1', false],
  ['1.18', '1.18.1', true],
  ['odd', '1.0', false],
])('%s is older than %s: %s', (version, than, older) => {
  expect(isOlder(version, than)).toBe(older)
})

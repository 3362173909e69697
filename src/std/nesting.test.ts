import { expect, test } from 'vitest'
import { isDeeplyNested } from './nesting.ts'

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

test.each([
  [nested(1000), false],
  [nested(1001), true],
  [`{"a":${nested(1000)}}`, true],
  [JSON.stringify({ text: '['.repeat(5000) }), false],
  [JSON.stringify({ text: `\\"${'{'.repeat(5000)}` }), false],
  [`[${'[1],'.repeat(5000)}1]`, false],
  [`{"a\\\\":${nested(2000)}}`, true],
])('%#: by the brackets outside of strings alone', (json, deep) => {
  expect(isDeeplyNested(json)).toBe(deep)
})

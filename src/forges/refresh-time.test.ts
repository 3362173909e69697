import { expect, test } from 'vitest'
import { refreshTime } from './refresh-time.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

test.each([
  [HOUR, 55 * MINUTE],
  [4000, 3000],
  [0, 0],
  // By a forge, or something before it, whose clock is wrong.
  [-50 * 365 * 24 * HOUR, 0],
  [50 * 365 * 24 * HOUR, 24 * HOUR - 5 * MINUTE],
])('a token that lives for %d ms is replaced after %d ms', (life, after) => {
  expect(refreshTime(1000, life)).toBe(1000 + after)
})

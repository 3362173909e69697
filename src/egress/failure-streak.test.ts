import { expect, test } from 'vitest'
import { failureStreak, isPassing } from './failure-streak.ts'

test('so many failures in a row are the end, once; an answer between them begins it anew', () => {
  const streak = failureStreak(3)
  const fail = () => streak.failed(performance.now())
  expect([fail(), fail()]).toEqual([false, false])
  streak.answered()
  expect([fail(), fail(), fail(), fail()]).toEqual([false, false, true, false])
})

test('tries that ran side by side count as one', () => {
  const streak = failureStreak(2)
  const began = performance.now()
  expect([began, began, began].map(streak.failed)).toEqual([false, false, false])
  expect(streak.failed(performance.now())).toBe(true)
})

test('without a limit the CLI decides', () => {
  const streak = failureStreak(undefined)
  expect(Array.from({ length: 50 }, () => streak.failed(performance.now()))).not.toContain(true)
})

test.each([
  [429, true],
  [500, true],
  [529, true],
  [400, false],
  [401, false],
  [404, false],
])('%i may pass: %s', (status, passing) => {
  expect(isPassing(status)).toBe(passing)
})

import { expect, test } from 'vitest'
import { tokenBucket } from './token-bucket.ts'

const clock = () => {
  let at = 0
  const pass = (ms: number) => {
    at += ms
  }
  return { now: () => at, pass }
}

test('a burst, then as many as time brings, never more than the burst', () => {
  const { now, pass } = clock()
  const bucket = tokenBucket({ burst: 2, perSecond: 10 }, now)
  const taken = () => [1, 2, 3, 4].filter(() => bucket.take()).length
  expect(taken()).toBe(2)
  pass(100)
  expect(taken()).toBe(1)
  pass(60_000)
  expect(taken()).toBe(2)
})

test('what is reserved has its time; beyond the most there is none', () => {
  const { now, pass } = clock()
  const bucket = tokenBucket({ burst: 1, perSecond: 10 }, now)
  expect([1, 2, 3, 4].map(() => bucket.reserve(2))).toEqual([0, 100, 200, null])
  pass(100)
  expect(bucket.reserve(2)).toBe(200)
})

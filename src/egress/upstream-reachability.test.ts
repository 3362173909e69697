import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LIMITS } from './limits.ts'
import { upstreamReachability } from './upstream-reachability.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const watch = () => {
  const said: string[] = []
  const gaveUp: string[] = []
  const it = upstreamReachability(LIMITS, (reason) => said.push(reason))
  return { said, gaveUp, begin: () => it.attempt((reason) => gaveUp.push(reason)) }
}

test('three failures in a row, once', () => {
  const { said, begin } = watch()
  for (let i = 0; i < 4; i += 1) {
    begin().failed('refused')
    vi.advanceTimersByTime(1)
  }
  expect(said).toEqual(['3 tries in a row failed: refused'])
})

test('a connection begins it anew', () => {
  const { said, begin } = watch()
  for (let i = 0; i < 10; i += 1) {
    if (i % 3 === 2) begin().connected()
    else begin().failed('refused')
    vi.advanceTimersByTime(1)
  }
  vi.advanceTimersByTime(20_000)
  expect(said).toHaveLength(1)
  expect(said[0]).toContain('no connection in 10 s')
})

test('tries side by side count as one', () => {
  const { said, begin } = watch()
  const tries = [begin(), begin(), begin(), begin()]
  vi.advanceTimersByTime(1)
  for (const one of tries) one.failed('refused')
  expect(said).toEqual([])
})

test('the time runs from the first try, over failures, and ends what is open', () => {
  const { said, gaveUp, begin } = watch()
  begin().failed('timed out')
  vi.advanceTimersByTime(6000)
  begin()
  vi.advanceTimersByTime(3999)
  expect(said).toEqual([])
  vi.advanceTimersByTime(1)
  expect(said).toEqual(['no connection in 10 s; the last try: timed out'])
  expect(gaveUp).toEqual(said)
})

test('a client that went away before says nothing', () => {
  const { said, begin } = watch()
  begin().gone()
  vi.advanceTimersByTime(60_000)
  expect(said).toEqual([])
})

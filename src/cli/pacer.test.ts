import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { pacer } from './pacer.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Plays events at these seconds; `at` has when each came, in ms. */
const played = (seconds: readonly number[], { speed = 1, mostIdle = Number.POSITIVE_INFINITY } = {}) => {
  const pace = pacer({ speed, mostIdle })
  const begun = performance.now()
  const at: number[] = []
  const over = (async () => {
    for (const one of seconds) {
      if (!(await pace.until(one))) return false
      at.push(Math.round(performance.now() - begun))
    }
    return true
  })()
  return { pace, at, over }
}

test('events come when they came', async () => {
  const { at, over } = played([0, 0.5, 0.5, 3])
  await vi.runAllTimersAsync()
  expect(await over).toBe(true)
  expect(at).toEqual([0, 500, 500, 3000])
})

test('the speed divides times, and a pause takes no longer than it may', async () => {
  const { at } = played([1, 11, 12], { speed: 2, mostIdle: 4 })
  await vi.runAllTimersAsync()
  expect(at).toEqual([500, 2500, 3000])
})

test('space pauses and goes on where it was', async () => {
  const { pace, at } = played([1, 2])
  await vi.advanceTimersByTimeAsync(1400)
  pace.press(' ')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(at).toEqual([1000])
  pace.press(' ')
  await vi.advanceTimersByTimeAsync(600)
  expect(at).toEqual([1000, 62_000])
})

test('a step shows the next event of a paused recording, and the one after comes at its distance', async () => {
  const { pace, at } = played([10, 20, 30])
  pace.press(' .')
  await vi.advanceTimersByTimeAsync(5)
  expect(at).toEqual([0])
  pace.press(' ')
  await vi.runAllTimersAsync()
  expect(at).toEqual([0, 10_005, 20_005])
})

test('a step while it plays is none', async () => {
  const { pace, at } = played([10])
  pace.press('.')
  await vi.advanceTimersByTimeAsync(9000)
  expect(at).toEqual([])
})

test.each([
  ['q', 'q'],
  ['Ctrl-C', '\u0003'],
  ['q while it pauses', ' q'],
  ['a signal', null],
])('%s stops it', async (_, keys) => {
  const { pace, at, over } = played([1, 5])
  await vi.advanceTimersByTimeAsync(1000)
  if (keys === null) pace.stop()
  else pace.press(keys)
  expect(await over).toBe(false)
  expect(at).toEqual([1000])
})

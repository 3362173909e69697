import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { idleWatch } from './idle.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const bench = (begun = false) => {
  const state = { busy: begun }
  const end = vi.fn()
  return { state, end, watch: idleWatch({ ms: 60_000, busy: () => state.busy, end }) }
}

test('a supervisor that nobody asks ends after its time', () => {
  const { end, watch } = bench()
  watch.touch()
  vi.advanceTimersByTime(59_999)
  expect(end).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(end).toHaveBeenCalledOnce()
})

test('each sign of life begins the time anew', () => {
  const { end, watch } = bench()
  watch.touch()
  vi.advanceTimersByTime(59_999)
  watch.touch()
  vi.advanceTimersByTime(59_999)
  expect(end).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(end).toHaveBeenCalledOnce()
})

test('it stays while a task runs, and its time begins when the task is over', () => {
  const { state, end, watch } = bench(true)
  watch.touch()
  vi.advanceTimersByTime(600_000)
  expect(end).not.toHaveBeenCalled()
  state.busy = false
  watch.touch()
  vi.advanceTimersByTime(60_000)
  expect(end).toHaveBeenCalledOnce()
})

test('it stays while a request is open; letting go twice counts once', () => {
  const { end, watch } = bench()
  const [first, second] = [watch.hold(), watch.hold()]
  first()
  first()
  vi.advanceTimersByTime(600_000)
  expect(end).not.toHaveBeenCalled()
  second()
  vi.advanceTimersByTime(60_000)
  expect(end).toHaveBeenCalledOnce()
})

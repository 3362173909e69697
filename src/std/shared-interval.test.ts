import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { sharedInterval } from './shared-interval.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('all look at the same moment, by one timer, and none is left when the last has gone', () => {
  const every = sharedInterval(100)
  const looked: string[] = []
  const first = every(() => void looked.push('first'))
  vi.advanceTimersByTime(60)
  const second = every(() => void looked.push('second'))
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(40)
  expect(looked).toEqual(['first', 'second'])
  first[Symbol.dispose]()
  vi.advanceTimersByTime(100)
  expect(looked).toEqual(['first', 'second', 'second'])
  second[Symbol.dispose]()
  second[Symbol.dispose]()
  expect(vi.getTimerCount()).toBe(0)
  every(() => void looked.push('third'))
  vi.advanceTimersByTime(100)
  expect(looked.at(-1)).toBe('third')
})

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { paces } from './paces.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

const asked = (count: number, ask: () => number | null) => Array.from({ length: count }, ask)

test.each([
  ['requests that pass', 'passed', 1000, 5],
  ['refused requests', 'refused', 50, 100],
] as const)('%s: a burst at once, then each waits its turn, and beyond six hundred none', (_, kind, burst, apart) => {
  const pace = paces()
  expect(new Set(asked(burst, pace[kind]))).toEqual(new Set([0]))
  const waits = asked(600, pace[kind])
  expect([waits[0], waits[1], waits.at(-1)]).toEqual([apart, 2 * apart, 600 * apart])
  expect(pace[kind]()).toBe(null)
  vi.advanceTimersByTime(apart)
  expect([pace[kind](), pace[kind]()]).toEqual([600 * apart, null])
})

test('refused requests take no turn from those that pass', () => {
  const pace = paces()
  while (pace.refused() !== null);
  expect(pace.passed()).toBe(0)
})

import { expect, test, vi } from 'vitest'
import type { ProcessFacts } from './read-process.ts'
import { runningProcess } from './running-process.ts'

const facts = (filtered: boolean) => ({ uid: 1000, filtered }) as ProcessFacts
const reads = (...told: readonly (ProcessFacts | undefined)[]) => {
  const left = [...told]
  return vi.fn(async () => (left.length > 1 ? left.shift() : left[0]))
}

test('waits for the filter, which the runtime sets last', async () => {
  const read = reads(facts(false), facts(false), facts(true))
  expect(await runningProcess(1, 'a', { isFiltered: true, read })).toMatchObject({ filtered: true })
  expect(read).toHaveBeenCalledTimes(3)
})

test.each([
  ['where no filter is to come', false, facts(false)],
  ['where there is one', true, facts(true)],
  ['where the process cannot be seen', true, undefined],
])('reads once %s', async (_, isFiltered, told) => {
  const read = reads(told)
  expect(await runningProcess(1, 'a', { isFiltered, read })).toBe(told)
  expect(read).toHaveBeenCalledTimes(1)
})

test('a filter that does not come is told as missing', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const read = vi.fn(async () => {
    vi.advanceTimersByTime(1500)
    return facts(false)
  })
  try {
    expect(await runningProcess(1, 'a', { isFiltered: true, read })).toMatchObject({ filtered: false })
  } finally {
    vi.useRealTimers()
  }
  expect(read).toHaveBeenCalledTimes(2)
})

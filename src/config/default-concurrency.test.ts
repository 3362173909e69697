import { expect, test } from 'vitest'
import { defaultConcurrency, machineSize } from './default-concurrency.ts'

const GIB = 1024 ** 3

test.each([
  [2, 24, 4, 'twice the 2 cores'],
  [1, 8, 2, 'twice the one core'],
  [64, 16, 16, 'one for each of 16 GiB of memory'],
  [8, 15.9, 15, 'one for each of 15 GiB of memory'],
  [4, 1, 1, 'one for each of 1 GiB of memory'],
  [2, 0.5, 1, 'there is less than one GiB of memory'],
])('%i cores and %f GiB of memory: %i turns at once', (cores, gib, most, because) => {
  expect(defaultConcurrency({ cores, memory: gib * GIB })).toEqual({ most, because })
})

test('this machine has a limit that a person can use', () => {
  const { cores, memory } = machineSize()
  expect(cores).toBeGreaterThanOrEqual(1)
  expect(memory).toBeGreaterThan(0)
  expect(defaultConcurrency().most).toBeGreaterThanOrEqual(1)
})

import { expect, test } from 'vitest'
import { recent } from './recent.ts'

test('the oldest goes when there are too many; what is put again is new', () => {
  const held = recent<number>(2)
  held.put('a', 1)
  held.put('b', 2)
  held.put('a', 3)
  held.put('c', 4)
  expect(['a', 'b', 'c'].map(held.get)).toEqual([3, undefined, 4])
})

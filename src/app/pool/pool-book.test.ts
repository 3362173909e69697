import { expect, test } from 'vitest'
import { poolBook } from './pool-book.ts'

const book = () => poolBook<{ id: string; shape: string; since: number }, string>({ most: 3, ageMs: 100, idleMs: 1000 })
const member = (id: string, since = 0, shape = 'a') => ({ id, shape, since })

test('a member goes to one task, the oldest first', () => {
  const pool = book()
  pool.use('a', 'A', 2, 0)
  pool.put(member('one'))
  pool.put(member('two'))
  expect([1, 2, 3].map(() => pool.claim('a', 0)?.id)).toEqual(['one', 'two', undefined])
})

test('a task of another shape takes none', () => {
  const pool = book()
  pool.put(member('one'))
  expect(pool.claim('b', 0)).toBeUndefined()
  expect(pool.counts(0).waiting).toBe(1)
})

test('one that has waited for too long is not taken, goes, and is made again', () => {
  const pool = book()
  pool.use('a', 'A', 1, 0)
  pool.put(member('one'))
  expect(pool.missing(99)).toBeUndefined()
  expect(pool.claim('a', 100)).toBeUndefined()
  expect(pool.expire(99)).toEqual([])
  expect(pool.expire(100)).toEqual([member('one')])
  expect(pool.missing(100)).toEqual({ shape: 'a', recipe: 'A' })
})

test('a shape that no task had for long is made no more, and what waits of it goes', () => {
  const pool = book()
  pool.use('a', 'A', 1, 0)
  pool.put(member('one', 950))
  expect(pool.expire(999)).toEqual([])
  expect(pool.expire(1000)).toEqual([member('one', 950)])
  expect([pool.missing(1000), pool.counts(1000)]).toEqual([undefined, { waiting: 0, wanted: 0 }])
})

test('as many of a shape as were asked for, and no more over all shapes than the bound: the last used come first', () => {
  const pool = book()
  pool.use('a', 'A', 2, 0)
  pool.put(member('a1'))
  pool.put(member('a2'))
  pool.use('b', 'B', 2, 1)
  expect(pool.counts(1)).toEqual({ waiting: 2, wanted: 3 })
  expect(pool.expire(1)).toEqual([member('a2')])
  expect(pool.missing(1)).toEqual({ shape: 'b', recipe: 'B' })
  pool.put(member('b1', 1, 'b'))
  pool.put(member('b2', 1, 'b'))
  expect([pool.missing(1), pool.expire(1)]).toEqual([undefined, []])
})

test('a task that asks for none ends it for its shape, and a recipe that fails is not tried again', () => {
  const pool = book()
  pool.use('a', 'A', 1, 0)
  pool.put(member('one'))
  pool.use('a', 'A', 0, 1)
  expect(pool.expire(1)).toEqual([member('one')])
  pool.use('b', 'B', 1, 2)
  pool.forget('b')
  expect(pool.missing(2)).toBeUndefined()
})

test('one that is dropped, as it has died, is on no list any more', () => {
  const pool = book()
  pool.use('a', 'A', 1, 0)
  pool.put(member('one'))
  expect([pool.has('one'), pool.drop('one'), pool.drop('one'), pool.has('one')]).toEqual([
    true,
    member('one'),
    undefined,
    false,
  ])
  expect(pool.missing(0)?.shape).toBe('a')
})

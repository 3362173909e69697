import { expect, test } from 'vitest'
import { poolBook } from './pool-book.ts'

const book = () =>
  poolBook<{ id: string; shape: string; since: number }, string>({
    asked: { most: 3, idleMs: 1000 },
    spares: { most: 2, idleMs: 500 },
    ageMs: 100,
  })
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
  expect(pool.missing(100)).toEqual({ shape: 'a', recipe: 'A', asked: true })
})

test('a shape that no task had for long is made no more, and what waits of it goes', () => {
  const pool = book()
  pool.use('a', 'A', 1, 0)
  pool.put(member('one', 950))
  expect(pool.expire(999)).toEqual([])
  expect(pool.expire(1000)).toEqual([member('one', 950)])
  expect([pool.missing(1000), pool.counts(1000)]).toEqual([undefined, { waiting: 0, wanted: 0, spares: 0 }])
})

test('as many of a shape as were asked for, and no more over all shapes than the bound: the last used come first', () => {
  const pool = book()
  pool.use('a', 'A', 2, 0)
  pool.put(member('a1'))
  pool.put(member('a2'))
  pool.use('b', 'B', 2, 1)
  expect(pool.counts(1)).toEqual({ waiting: 2, wanted: 3, spares: 0 })
  expect(pool.expire(1)).toEqual([member('a2')])
  expect(pool.missing(1)).toEqual({ shape: 'b', recipe: 'B', asked: true })
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
  pool.trouble('b', 'could-not-be-made')
  expect([pool.missing(2), pool.asked(2), pool.why('b', 2)]).toEqual([undefined, 0, 'could-not-be-made'])
  pool.use('b', 'B', 1, 3)
  expect(pool.missing(3)?.shape).toBe('b')
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

test('a spare is made when a second task of its shape comes in time, and again while further ones come', () => {
  const pool = book()
  expect(pool.why('a', 0)).toBe('first-of-its-kind')
  pool.use('a', 'A', undefined, 0)
  expect([pool.why('a', 1), pool.missing(1)]).toEqual(['second-of-its-kind', undefined])
  pool.use('a', 'A', undefined, 499)
  expect([pool.why('a', 499), pool.missing(499)]).toEqual(['not-ready-yet', { shape: 'a', recipe: 'A', asked: false }])
  pool.put(member('one', 500))
  expect([pool.missing(500), pool.asked(500)]).toEqual([undefined, 0])
  expect(pool.counts(500)).toEqual({ waiting: 1, wanted: 1, spares: 1 })
  expect([pool.fits('a', 500), pool.claim('a', 500)?.id, pool.fits('a', 500)]).toEqual([true, 'one', false])
  expect([pool.missing(998)?.shape, pool.missing(999)]).toEqual(['a', undefined])
})

test('a second task that comes too late is a first one', () => {
  const pool = book()
  pool.use('a', 'A', undefined, 0)
  pool.use('a', 'A', undefined, 500)
  expect([pool.missing(500), pool.why('a', 501)]).toEqual([undefined, 'second-of-its-kind'])
})

test('two spares over all shapes: those of the shapes that were used last', () => {
  const pool = book()
  for (const [at, shape] of ['a', 'b', 'c'].entries()) for (const _ of [1, 2]) pool.use(shape, shape, undefined, at)
  pool.put(member('a1', 0, 'a'))
  expect([...pool.expire(3).map(({ id }) => id), pool.counts(3).wanted]).toEqual(['a1', 2])
  expect([pool.missing(3)?.shape, pool.why('a', 3)]).toEqual(['c', 'others-came-later'])
  // A pool that somebody asked for takes none of their places.
  pool.use('d', 'D', 3, 3)
  expect([pool.counts(3).wanted, pool.asked(3)]).toEqual([5, 3])
})

test('a task without a word takes from a pool that was asked for, and leaves it so', () => {
  const pool = book()
  pool.use('a', 'A', 2, 0)
  pool.put(member('one'))
  pool.use('a', 'A2', undefined, 10)
  expect([pool.claim('a', 10)?.id, pool.missing(10)]).toEqual(['one', { shape: 'a', recipe: 'A2', asked: true }])
  expect(pool.asked(1009)).toBe(2)
})

test('of a spare that ended by itself, none is made until a task comes; with little memory, one is looked for again', () => {
  const pool = book()
  for (const at of [0, 1]) pool.use('a', 'A', undefined, at)
  pool.trouble('a', 'little-memory')
  expect([pool.why('a', 1), pool.missing(1)?.shape]).toEqual(['little-memory', 'a'])
  pool.use('b', 'B', 1, 0)
  expect(pool.missing(1, true)?.shape).toBe('b')
  pool.use('b', 'B', 0, 0)
  pool.put(member('one', 1))
  expect([pool.drop('one')?.id, pool.isSpare('a')]).toEqual(['one', true])
  pool.trouble('a', 'sandbox-ended')
  expect([pool.why('a', 2), pool.missing(2)]).toEqual(['sandbox-ended', undefined])
  pool.use('a', 'A', undefined, 3)
  expect(pool.missing(3)?.shape).toBe('a')
})

test('cleared, it has no shape any more, and gives what waited', () => {
  const pool = book()
  pool.use('a', 'A', 1, 0)
  pool.put(member('one'))
  expect([pool.clear().map(({ id }) => id), pool.missing(0), pool.why('a', 0)]).toEqual([
    ['one'],
    undefined,
    'first-of-its-kind',
  ])
})

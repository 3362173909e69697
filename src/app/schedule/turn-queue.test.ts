import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Candidate, type QueueLimits, turnQueue } from './turn-queue.ts'

const never = new AbortController().signal
const candidate = (id: string, over: Partial<Candidate> = {}): Candidate => ({
  id,
  priority: 0,
  since: '2026-01-01',
  labels: {},
  ...over,
})

const bench = (limits: QueueLimits) => {
  const state = { limits, blocked: new Set<string>() }
  const began: string[] = []
  const queue = turnQueue({ limits: () => state.limits, holds: (id) => !state.blocked.has(id) })
  const enter = (one: Candidate, signal = never) => {
    const entered = queue.enter(one, signal).then(() => void began.push(one.id))
    entered.catch(() => {})
    return entered
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return { queue, began, enter, settle, state }
}

test('priority first, then the time of the queueing, then the id', async () => {
  const { queue, began, enter, settle } = bench({ concurrency: 1, labels: {} })
  void enter(candidate('first'))
  void enter(candidate('late', { since: '2026-01-03' }))
  void enter(candidate('early', { since: '2026-01-02' }))
  void enter(candidate('urgent', { priority: 5, since: '2026-01-04' }))
  void enter(candidate('b', { since: '2026-01-03' }))
  expect(['urgent', 'early', 'b', 'late', 'first'].map(queue.position)).toEqual([1, 2, 3, 4, null])
  for (const id of ['first', 'urgent', 'early', 'b']) {
    await settle()
    queue.leave(id)
  }
  await settle()
  expect(began).toEqual(['first', 'urgent', 'early', 'b', 'late'])
})

test('a label holds back its own tasks alone: each value, or one', async () => {
  const { queue, began, enter, settle } = bench({ concurrency: 10, labels: { batch: 1, 'team=a': 2 } })
  void enter(candidate('1', { labels: { batch: 'x' } }))
  void enter(candidate('2', { labels: { batch: 'x' } }))
  void enter(candidate('3', { labels: { batch: 'y' } }))
  for (const id of ['4', '5', '6']) void enter(candidate(id, { labels: { team: 'a' } }))
  void enter(candidate('7', { labels: { team: 'b' } }))
  await settle()
  expect(began).toEqual(['1', '3', '4', '5', '7'])
  queue.leave('1')
  queue.leave('4')
  await settle()
  expect(began).toEqual(['1', '3', '4', '5', '7', '2', '6'])
})

test('a turn that came now would begin: not behind one that waits, nor where its place or its label is taken', async () => {
  const { queue, enter, state } = bench({ concurrency: 2, labels: { batch: 1 } })
  expect(queue.mayBegin(candidate('a'))).toBe(true)
  void enter(candidate('1', { labels: { batch: 'x' } }))
  expect(['x', 'y'].map((batch) => queue.mayBegin(candidate('a', { labels: { batch } })))).toEqual([false, true])
  void enter(candidate('2'))
  expect(queue.mayBegin(candidate('a'))).toBe(false)
  void enter(candidate('3'))
  state.limits = { concurrency: 9, labels: {} }
  expect(queue.mayBegin(candidate('a'))).toBe(false)
  queue.admit()
  expect(queue.mayBegin(candidate('a'))).toBe(true)
})

test('what waits for a person holds no place; a lifted limit is seen at the next look', async () => {
  const { queue, began, enter, settle, state } = bench({ concurrency: 1, labels: {} })
  for (const id of ['1', '2', '3']) void enter(candidate(id))
  await settle()
  state.blocked.add('1')
  queue.admit()
  await settle()
  expect(began).toEqual(['1', '2'])
  state.limits = { concurrency: Number.POSITIVE_INFINITY, labels: {} }
  queue.admit()
  await settle()
  expect(began).toEqual(['1', '2', '3'])
})

test('what is adopted counts, and what gives up leaves its place', async () => {
  const { queue, began, enter, settle } = bench({ concurrency: 1, labels: {} })
  queue.adopt(candidate('old'))
  const over = new AbortController()
  const gone = enter(candidate('gone'), over.signal)
  void enter(candidate('next'))
  over.abort(new Error('enough'))
  await expect(gone).rejects.toThrow('enough')
  expect(queue.position('next')).toBe(1)
  queue.leave('old')
  await settle()
  expect(began).toEqual(['next'])
  queue.leave('nobody')
})

test('no order of coming and going passes a limit, and everybody gets in at last', async () => {
  const one = fc.record({ priority: fc.integer({ min: -2, max: 2 }), label: fc.constantFrom('a', 'b', 'c') })
  await fc.assert(
    fc.asyncProperty(fc.array(one, { maxLength: 20 }), fc.integer({ min: 1, max: 4 }), async (all, concurrency) => {
      const { queue, began, enter, settle } = bench({ concurrency, labels: { l: 2 } })
      const labels = new Map(all.map(({ label }, i) => [String(i), label]))
      for (const [i, { priority, label }] of all.entries())
        void enter(candidate(String(i), { priority, labels: { l: label } }))
      const inside = new Set<string>()
      for (let seen = 0; seen < all.length; ) {
        await settle()
        for (const id of began.slice(seen)) inside.add(id)
        seen = began.length
        expect(inside.size).toBeLessThanOrEqual(concurrency)
        for (const label of ['a', 'b', 'c'])
          expect([...inside].filter((id) => labels.get(id) === label).length).toBeLessThanOrEqual(2)
        const [first = ''] = inside
        inside.delete(first)
        queue.leave(first)
      }
      expect(began.toSorted()).toEqual([...labels.keys()].toSorted())
    }),
  )
})

test('a login whose tokens are in a container is one turn’s alone, and holds nobody else up', async () => {
  const { queue, began, enter, settle } = bench({ concurrency: Number.POSITIVE_INFINITY, labels: {} })
  const login = (name: string, inside: boolean) => ({ login: { name, inside } })
  void enter(candidate('one', login('codex/work', true)))
  void enter(candidate('same', login('codex/work', true)))
  void enter(candidate('by the gateway', login('codex/work', false)))
  void enter(candidate('other login', login('codex/home', true)))
  void enter(candidate('key'))
  await settle()
  expect(began).toEqual(['one', 'other login', 'key'])
  expect(queue.mayBegin(candidate('new', login('codex/work', false)))).toBe(false)
  queue.leave('one')
  await settle()
  expect(began.slice(3)).toEqual(['by the gateway'])
  queue.leave('by the gateway')
  await settle()
  expect(began.slice(4)).toEqual(['same'])
})

test('any number of turns share a login by the gateway', async () => {
  const { began, enter, settle } = bench({ concurrency: Number.POSITIVE_INFINITY, labels: {} })
  for (const id of ['a', 'b', 'c']) void enter(candidate(id, { login: { name: 'codex/work', inside: false } }))
  await settle()
  expect(began).toEqual(['a', 'b', 'c'])
})

import { mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { firstEvents, numbered } from '../../test/fixtures/random-events.ts'
import type { Event } from '../domain/event.ts'
import { reduce } from '../domain/reduce.ts'
import type { TaskRecord } from '../domain/task.ts'
import { sqliteStore } from './sqlite.ts'

const place = () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'berth.db')
}

const fold = (events: readonly Event[]) => events.reduce<TaskRecord | undefined>(reduce, undefined) as TaskRecord
const record = (id: string, over: Partial<TaskRecord> = {}): TaskRecord => ({
  ...fold(numbered(firstEvents)),
  id,
  ...over,
})

test('a name that another task got meanwhile is told as that', () => {
  const store = sqliteStore(place())
  store.put(record('t-a1', { name: 'one' }), 1)
  expect(() => store.put(record('t-a2', { name: 'one' }), 1)).toThrow(/--name one: another task has this name/)
  expect(store.get('t-a2')).toBe(undefined)
})

test('lists: what is not over, what is over too, what is archived; by state, label and beginning of an id', () => {
  const store = sqliteStore(place())
  store.put(record('t-a1'), 1)
  store.put(record('t-a2', { state: 'done', name: 'a1', labels: { team: 'b' } }), 1)
  store.put(record('t-b1', { state: 'failed', archived: true }), 1)
  const ids = (filter: Partial<Parameters<typeof store.list>[0]>) =>
    store.list({ all: false, ...filter }).map(({ id }) => id)
  expect(ids({})).toEqual(['t-a1'])
  expect(ids({ all: true })).toEqual(['t-b1', 't-a2', 't-a1'])
  expect(ids({ archived: true })).toEqual(['t-b1'])
  expect(ids({ states: ['done', 'failed'] })).toEqual(['t-a2'])
  expect(ids({ all: true, states: ['failed'] })).toEqual(['t-b1'])
  expect(ids({ all: true, labels: { team: 'b' } })).toEqual(['t-a2'])
  const found = (text: string) => store.find(text).map(({ id }) => id)
  expect([found('t-a'), found('a'), found('a1'), found('t-b1'), found('c')]).toEqual([
    ['t-a2', 't-a1'],
    ['t-a2', 't-a1'],
    ['t-a2', 't-a1'],
    ['t-b1'],
    [],
  ])
})

const at = (second: number) => `2026-11-30T12:00:0${second}.000Z`
/** The second was created first: the first has the older id of a pre-started sandbox. */
const OUT_OF_ORDER = [record('t-a1', { createdAt: at(2) }), record('t-a2', { createdAt: at(1) })] as const

test('the task that was created last comes first in a list, and last where all are taken over, whatever its id', () => {
  const store = sqliteStore(place())
  for (const one of [...OUT_OF_ORDER, record('t-a3', { createdAt: at(2), archived: true })]) store.put(one, 1)
  const ids = (found: readonly { readonly id: string }[]) => found.map(({ id }) => id)
  expect(ids(store.list({ all: true }))).toEqual(['t-a3', 't-a1', 't-a2'])
  expect(ids(store.list({ all: false, limit: 1 }))).toEqual(['t-a3'])
  expect(ids(store.list({ all: false, states: ['queued'] }))).toEqual(['t-a1', 't-a2'])
  expect(ids(store.find('t-a'))).toEqual(['t-a3', 't-a1', 't-a2'])
  expect(store.unfinished()).toEqual(['t-a2', 't-a1', 't-a3'])
})

test('a database of the version before is brought to the new order, and its records stay', async () => {
  const path = place()
  const first = sqliteStore(path)
  for (const one of OUT_OF_ORDER) first.put(one, 7)
  await first[Symbol.asyncDispose]()
  const db = new DatabaseSync(path)
  db.exec(`drop index task_created; drop index task_open; drop index task_archived;
    create index task_open on task (id) where open = 1; create index task_archived on task (archived, id);
    pragma user_version = 5`)
  db.close()
  const second = sqliteStore(path)
  expect(second.list({ all: true })).toEqual(OUT_OF_ORDER)
  expect([second.unfinished(), second.get('t-a1')?.offset]).toEqual([['t-a2', 't-a1'], 7])
  await second[Symbol.asyncDispose]()
  const plans = new DatabaseSync(path)
  const sorts = (sql: string) =>
    plans
      .prepare(`explain query plan ${sql}`)
      .all()
      .some(({ detail }) => String(detail).includes('ORDER BY'))
  expect(sorts('select record from task order by created_at desc, id desc limit 3')).toBe(false)
  expect(sorts('select record from task where archived = 1 order by created_at desc, id desc limit 3')).toBe(false)
  plans.close()
})

test('a task is found by the end of its id, its container and its agent session, too', () => {
  const store = sqliteStore(place())
  const container = (id: string) => ({ id, name: 'c', state: 'exited' as const, pid: null })
  store.put(record('t-01k3abcdef', { session: '0199-aaaa-bbbb', container: container(`${'ab'.repeat(31)}00`) }), 1)
  store.put(record('t-01k4abcdef', { session: 'ses_4Fx9Kq', container: container('cd'.repeat(32)) }), 1)
  store.put(record('t-01k5xyz', {}), 1)
  const found = (text: string) => store.findElsewhere(text).map(({ id }) => id)
  expect(found('abcdef')).toEqual(['t-01k4abcdef', 't-01k3abcdef'])
  expect(found('abababababab')).toEqual(['t-01k3abcdef'])
  expect(found('cd'.repeat(32))).toEqual(['t-01k4abcdef'])
  expect([found('ababab'), found('bababababababa'), found('aaaa')]).toEqual([[], [], []])
  expect([found('0199-aaaa-bbbb'), found('aaaa-bbbb'), found('ses_4Fx9Kq'), found('ses_4Fx9')]).toEqual([
    ['t-01k3abcdef'],
    ['t-01k3abcdef'],
    ['t-01k4abcdef'],
    [],
  ])
})

test('what a submit has made is found by the id it was sent with, where the task has another one too', () => {
  const store = sqliteStore(place())
  store.put(record('t-a1'), 1)
  store.put(record('t-a2', { key: 't-k' }), 1)
  expect(['t-a1', 't-k', 't-a2', 't-x'].map((key) => store.submitted(key)?.id)).toEqual([
    't-a1',
    't-a2',
    't-a2',
    undefined,
  ])
})

test('closed in good order it is as it was left; not after a kill, nor where somebody wrote into it', async () => {
  const path = place()
  const first = sqliteStore(path)
  first.put(record('t-a'), 1)
  await first[Symbol.asyncDispose]()
  const second = sqliteStore(path)
  expect(second.asLeft).toBe(true)
  // Killed: it is not closed, and another one comes.
  expect(sqliteStore(path).asLeft).toBe(false)
  await second[Symbol.asyncDispose]()
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(4096, 7), 0, 4096, 4096)
  let damage = 0
  const third = sqliteStore(path, () => {
    damage += 1
  })
  expect([third.asLeft, damage]).toEqual([false, 1])
})

import { getEventListeners } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Event, EventBody } from '../../domain/event.ts'
import { AGENT_OUTPUT_EVENTS, reduce } from '../../domain/reduce.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { openJournal } from '../../store/journal.ts'
import type { Journal, Store } from '../../store/store.ts'
import { liveTask } from './live-task.ts'

const none = { read: () => [], seq: 0, path: '' } as unknown as Journal
const live = (journal = none) => {
  return liveTask({
    id: 't-one',
    folder: '/nonexistent',
    journal,
    store: { put: () => {} } as unknown as Store,
    record: undefined,
    onChange: () => {},
    onRecord: () => {},
    hooks: { states: () => new Set(), due: () => {} },
    claims: () => true,
  })
}

test('a lost caller context is not waited for where the turn was stopped before', async () => {
  await expect(live().provided(AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped')
})

test('brought ones are given, and nothing listens any more', async () => {
  const task = live()
  const { signal } = new AbortController()
  const waiting = task.provided(signal)
  const given = { callerEnv: {}, key: 'k', env: {} }
  task.provide(given)
  expect([await waiting, getEventListeners(signal, 'abort')]).toEqual([given, []])
})

test('of what is said at once the last number counts, and what is beside it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-live-task-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const journal = openJournal(join(folder, 'events.jsonl'))
  const task = live(journal)
  const said: EventBody = { type: 'agent.output', turn: 1, stream: 'stdout', text: 'a' }
  const seed = { id: 't-one', name: null, request: {}, provider: {}, engine: {}, labels: {}, source: {} }
  task.append({ type: 'task.created', task: seed } as unknown as EventBody, said, said)
  expect(task.record.seq).toBe(3)
  task.append(said, { type: 'notice', level: 'warning', text: 'careful' }, said, said)
  expect([task.record.seq, task.record.warnings]).toEqual([7, ['careful']])
  journal.close()
})

test.each([...AGENT_OUTPUT_EVENTS])('%s changes nothing but the number', (type) => {
  const record = { state: 'running', seq: 1, turns: [], warnings: [] } as unknown as TaskRecord
  const event = { v: 1, seq: 2, at: '', type, turn: 1, text: 'a' } as unknown as Event
  expect(reduce(record, event)).toEqual({ ...record, seq: 2 })
})

test('nor any longer when it is stopped meanwhile', async () => {
  const abort = new AbortController()
  const waiting = live().provided(abort.signal)
  abort.abort(new Error('stopped'))
  await expect(waiting).rejects.toThrow('stopped')
})

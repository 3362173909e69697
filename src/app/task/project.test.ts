import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { eventsArb, firstEvents, numbered } from '../../../test/fixtures/random-events.ts'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { EventBody } from '../../domain/event.ts'
import { reduce } from '../../domain/reduce.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { usageLedger } from '../../store/ledger.ts'
import { readJournal } from '../../store/read-journal.ts'
import { sqliteStore } from '../../store/sqlite.ts'
import type { Deps } from '../deps.ts'
import { project } from './project.ts'

/** A task's events from its begin, whatever comes after it. */
const events = (id: string, bodies: readonly EventBody[]) =>
  numbered(
    [...firstEvents, ...bodies].map((body) =>
      body.type === 'task.created' ? { ...body, task: { ...body.task, id } } : body,
    ),
  )

test('any journals make the same rows, from nothing, from rows that are behind, and again', () => {
  using folder = temporaryFolder()
  const state = folder.at('state')
  const store = sqliteStore(folder.at('berth.db'), () => {})
  const ledger = usageLedger(folder.at('usage'))
  const deps = {
    installation: { folders: { state } },
    store: { ...store, ledger, reader: readJournal },
    log: () => {},
  } as unknown as Deps
  const rows = () => Object.fromEntries(store.list({ all: true }).map((record) => [record.id, record]))
  fc.assert(
    fc.property(fc.array(eventsArb, { minLength: 1, maxLength: 3 }), fc.nat(), (tasks, cut) => {
      rmSync(state, { recursive: true, force: true })
      const expected: Record<string, TaskRecord> = {}
      for (const [i, bodies] of tasks.entries()) {
        const id = `t-${i}`
        const all = events(id, bodies)
        mkdirSync(`${state}/tasks/${id}`, { recursive: true })
        writeFileSync(`${state}/tasks/${id}/events.jsonl`, all.map((event) => `${JSON.stringify(event)}\n`).join(''))
        expected[id] = all.reduce<TaskRecord | undefined>(reduce, undefined) as TaskRecord
      }
      expect(project(deps, { all: true })).toMatchObject({ made: tasks.length, damaged: [] })
      expect(rows()).toEqual(expected)
      // A row of an earlier time, and one of a task that is there no more.
      const early = events('t-0', tasks[0] ?? []).slice(0, 1 + (cut % 3))
      store.put(early.reduce<TaskRecord | undefined>(reduce, undefined) as TaskRecord, 1)
      expect(project(deps, { all: false })).toMatchObject({ ids: ['t-0'], damaged: [] })
      expect(rows()).toEqual(expected)
      expect(project(deps, { all: true }).made).toBe(tasks.length)
      expect(rows()).toEqual(expected)
      for (const id of Object.keys(expected)) store.remove(id)
    }),
    { numRuns: 50 },
  )
})

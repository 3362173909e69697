import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { EventBody } from '../domain/event.ts'
import { eventsIn } from '../domain/event-line.ts'
import { openJournal } from '../store/journal.ts'
import type { Deps } from './deps.ts'
import type { Tasks } from './schedule/tasks.ts'
import { useCases } from './use-cases.ts'

test('who follows from the start when the last turn is over gets that turn too, and then the end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-use-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const journal = openJournal(join(folder, 'events.jsonl'))
  const outcome = { result: 'done', class: 'ok', reason: '', exitCode: 0 } as const
  const bodies: EventBody[] = [1, 2].flatMap((turn): EventBody[] => [
    { type: 'turn.queued', turn, prompt: 'a', promptBytes: 1 },
    { type: 'turn.ended', turn, outcome },
  ])
  journal.append(bodies)
  const deps = { store: { find: () => [{ id: 't-one', name: null }] } } as unknown as Deps
  const tasks = {
    live: () => ({ journal, record: { id: 't-one', state: 'done' } }),
    folderOf: () => folder,
  } as unknown as Tasks
  const got: number[] = []
  const events = useCases(deps, tasks).events('t-one', { after: 0, follow: true }, AbortSignal.timeout(5000))
  for await (const lines of events) got.push(...eventsIn('', lines).map(({ seq }) => seq))
  expect(got).toEqual([1, 2, 3, 4])
  journal.close()
})

test('a list has the record of the journal where the database is still behind it', () => {
  const stored = { id: 't-one', state: 'running', unreachable: null, usage: { costUsd: null } }
  const live = { ...stored, unreachable: 'the engine does not answer' }
  const deps = {
    store: { list: () => [stored, { ...stored, id: 't-two' }], usage: () => [] },
    config: { prices: () => new Map(), providers: new Map(), agents: () => new Map() },
  } as unknown as Deps
  const tasks = { live: (id: string) => (id === 't-one' ? { record: live } : undefined) } as unknown as Tasks
  expect(
    useCases(deps, tasks)
      .list({ all: true })
      .map(({ unreachable }) => unreachable),
  ).toEqual([live.unreachable, null])
})

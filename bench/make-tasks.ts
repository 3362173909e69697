import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { EventBody } from '../src/domain/event.ts'
import { reduce } from '../src/domain/reduce.ts'
import type { TaskRecord } from '../src/domain/task.ts'
import { newId } from '../src/std/id.ts'
import { openJournal } from '../src/store/journal.ts'
import { sqliteStore } from '../src/store/sqlite.ts'

/** The journal of a task that is over, as short as they come: no plan in it is ever read. */
const eventsOf = (id: string, archived: boolean): readonly EventBody[] => {
  const outcome = { result: 'done', class: 'ok', reason: 'the command ended with exit code 0', exitCode: 0 } as const
  return [
    {
      type: 'task.created',
      task: {
        id,
        name: null,
        request: { title: 'a task of the benchmark', policy: 'sandboxed', providerArgs: [] } as never,
        provider: { id: 'noop', version: null },
        engine: { id: 'docker', endpoint: 'unix:///var/run/docker.sock' },
        image: 'berth-agent',
        workspace: null,
        labels: { batch: id.slice(-1) },
        source: { kind: 'none', url: null, ref: null, base: null, branch: null, pushBranch: null },
      },
    },
    { type: 'turn.queued', turn: 1, prompt: 'nothing', promptBytes: 7 },
    { type: 'turn.planned', turn: 1, plan: {} },
    { type: 'turn.started', turn: 1, attempt: 1, container: `berth-${id}-1-1` },
    { type: 'turn.ended', turn: 1, outcome },
    { type: 'container.removed', turn: 1 },
    ...(archived ? [{ type: 'task.archived' } as const] : []),
  ]
}

/** Fills a state folder that no supervisor serves with tasks that are over. */
export const makeTasks = async (input: {
  readonly state: string
  readonly count: number
  readonly archived: boolean
}): Promise<void> => {
  const { state, count, archived } = input
  mkdirSync(state, { recursive: true, mode: 0o700 })
  await using store = sqliteStore(join(state, 'berth.db'))
  for (let i = 0; i < count; i += 1) {
    const id = newId('t')
    const journal = openJournal(join(state, 'tasks', id, 'events.jsonl'))
    let record: TaskRecord | undefined
    for (const event of journal.append(eventsOf(id, archived))) record = reduce(record, event)
    if (record !== undefined) store.put(record, journal.offset)
    journal.close()
  }
}

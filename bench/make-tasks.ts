import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { EventBody } from '../src/domain/event.ts'
import { sqliteStore } from '../src/store/sqlite.ts'
import { openTask } from './open-task.ts'

const ENGINE = { id: 'docker', endpoint: 'unix:///var/run/docker.sock' } as const

/** What comes after the first event of a task that is over, as short as they come: no plan in it is ever read. */
const eventsOf = (id: string, archived: boolean): readonly EventBody[] => {
  const outcome = { result: 'done', class: 'ok', reason: 'the command ended with exit code 0', exitCode: 0 } as const
  return [
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
    const task = openTask(state)
    const own = { engine: ENGINE, image: 'berth-agent', labels: { batch: task.id.slice(-1) } }
    task.append(task.created(own, 'a task of the benchmark'), ...eventsOf(task.id, archived))
    task.close(store)
  }
}

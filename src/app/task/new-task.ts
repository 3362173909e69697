import { mkdirSync, rmSync } from 'node:fs'
import type { TaskEvent, TurnEvent } from '../../domain/event.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import { faultPoint } from '../../std/fault-point.ts'
import type { Journal } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { type LiveTask, liveTask, type Surroundings, type TaskHooks } from './live-task.ts'

export type NewTask = {
  readonly id: string
  /** The id that it was asked for with: the same, unless its sandbox was started ahead. */
  readonly key: string
  readonly first: readonly (TaskEvent | (TurnEvent & { readonly turn: number }))[]
  /** Puts into the task's new folder what its first turn needs. */
  readonly prepare: (folder: string) => Promise<void>
  readonly plan: Plan
  readonly engine: Engine
  readonly surroundings: Surroundings
}

/** Puts a new task on the disk: all of it, or nothing. The folder of one whose sandbox was started ahead is there, and stays. */
export const newTask = async (
  input: NewTask,
  place: {
    readonly deps: Pick<Deps, 'store'>
    readonly folder: string
    readonly onChange: (record: TaskRecord) => void
    readonly onRecord: () => void
    readonly hooks: TaskHooks
  },
): Promise<LiveTask> => {
  const { deps, folder } = place
  const path = `${folder}/events.jsonl`
  const remove = () => {
    if (input.plan.pooled === undefined) rmSync(folder, { recursive: true, force: true })
  }
  // What a supervisor left that was killed in the middle of this: nobody was told of it.
  remove()
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  let journal: Journal | undefined
  try {
    journal = deps.store.journal(path)
    const live = liveTask({ ...place, id: input.id, journal, store: deps.store, record: undefined })
    live.provide(input.surroundings)
    await input.prepare(folder)
    await live.commit(...input.first)
    faultPoint('task.created')
    return live
  } catch (error) {
    // Nobody was told of it: half a task is none.
    journal?.close()
    remove()
    throw error
  }
}

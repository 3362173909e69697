import { FINAL, type TaskRecord } from '../../domain/task.ts'
import { namedWorkspace } from '../../launch/named-workspace.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'
import { giveWorkspace } from '../task/give-workspace.ts'
import type { LiveTask } from '../task/live-task.ts'
import type { Registry } from './registry.ts'
import type { TaskLock } from './task-lock.ts'

type Input = {
  readonly deps: { readonly store: Pick<Deps['store'], 'list'> }
  readonly registry: Pick<Registry, 'folderOf'>
  readonly withTask: TaskLock['withTask']
}

/** The ended task that left this one its workspace and still counts it as its own. */
const giverOf = ({ deps, registry }: Input, { id }: TaskRecord, path: string): TaskRecord | undefined =>
  deps.store
    .list({ all: true })
    .find(
      (other) =>
        other.id !== id &&
        FINAL.has(other.state) &&
        (other.workspace === path || other.givenTo === id) &&
        namedWorkspace(registry.folderOf(other.id))?.path === path,
    )

/**
 * A supervisor may have been killed after it created a task and before the task that left the workspace said so. The new
 * task's record decides: the workspace is its own.
 */
export const settleWorkspace = async (
  input: Input,
  { record }: Pick<LiveTask, 'record'>,
  { folders }: Pick<Plan, 'folders'>,
): Promise<void> => {
  if (folders.named?.reused !== true || FINAL.has(record.state)) return
  const path = folders.workspace
  const giver = giverOf(input, record, path)
  if (giver !== undefined) await input.withTask(giver.id, (live) => giveWorkspace(live, { path, to: record.id }))
}

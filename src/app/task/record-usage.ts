import type { TaskRecord } from '../../domain/task.ts'
import { type UsedTask, usedTask } from '../../domain/used-task.ts'
import type { Deps } from '../deps.ts'

/** Keeps what a task used beyond the task. A disk without room for it is no reason to keep the task. */
export const recordUsage = (
  { store: { ledger }, log }: Pick<Deps, 'log' | 'store'>,
  record: TaskRecord | undefined,
): void => {
  const used = record === undefined ? undefined : usedTask(record)
  if (used === undefined) return
  try {
    ledger.add(used)
  } catch (error) {
    log({ level: 'error', msg: 'the usage of a removed task is lost', task: used.id, error: String(error) })
  }
}

/** What all tasks used, those that were removed too. */
export const usedTasks = ({ store }: Pick<Deps, 'store'>): readonly UsedTask[] => {
  const there = store.list({ all: true })
  const ids = new Set(there.map(({ id }) => id))
  // One whose removal was killed half way is in both.
  return [...store.ledger.read().filter(({ id }) => !ids.has(id)), ...there]
}

import { existsSync } from 'node:fs'
import type { TaskRecord } from '../../domain/task.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import type { JournalReader } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { recordFrom } from '../task/project.ts'
import { resolveId } from '../task/resolve-id.ts'

/** Finds the task that a caller names by its id, its name or the beginning of its id. */
export const taskFinder = (deps: Pick<Deps, 'store'>, tasks: Tasks) => {
  const journalOf = (id: string) => taskPaths(tasks.folderOf(id)).journal
  const hasJournal = (id: string) => /^t-[0-9a-z]+$/.test(id) && existsSync(journalOf(id))
  const idOf = (text: string): string => {
    try {
      return resolveId(deps.store, text)
    } catch (error) {
      // A task whose journal is damaged has no row after a rebuild, and is there all the same.
      if (hasJournal(text)) recordFrom(deps.store.reader, journalOf(text))
      throw error
    }
  }
  const recordOf = (text: string): TaskRecord => {
    const id = idOf(text)
    return tasks.live(id)?.record ?? (deps.store.get(id)?.record as TaskRecord)
  }
  return {
    journalOf,
    hasJournal,
    recordOf,
    /** The journal as it is on the disk, or in hand if the task is under way. */
    journal: ({ id }: TaskRecord): JournalReader => tasks.live(id)?.journal ?? deps.store.reader(journalOf(id)),
    /** Makes a use case of a function of a task: callers name the task, the function gets its record. */
    onTask:
      <Args extends readonly unknown[], Result>(use: (task: TaskRecord, ...args: Args) => Result) =>
      (text: string, ...args: Args): Result =>
        use(recordOf(text), ...args),
  }
}

export type TaskFinder = ReturnType<typeof taskFinder>

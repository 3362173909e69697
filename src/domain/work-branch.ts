import type { TaskRecord } from './task.ts'
import { recordsOf } from './work-part.ts'

/** The branch that has the task's work, or will have it; null: it has none. */
export const workBranch = ({ pushed, repository }: Pick<TaskRecord, 'pushed' | 'repository'>): string | null =>
  pushed?.branch ?? repository.pushBranch ?? repository.branch

/** A repository of a task, and where its work is. */
export type WorkPlace = {
  /** Its folder in the work folder; null if the task has no other repository. */
  readonly folder: string | null
  /** Its URL, or its folder of this machine. */
  readonly repository: string
  readonly branch: string | null
  /** The commit that Berth pushed last. */
  readonly pushed: string | null
}

/** Where the work of a task is, a row for each repository, the main one first. */
export const workPlaces = (record: TaskRecord): WorkPlace[] =>
  recordsOf(record).flatMap((part) => {
    const { repository, pushed } = part
    const { url, folder = null } = repository
    return url === null ? [] : [{ folder, repository: url, branch: workBranch(part), pushed: pushed?.sha ?? null }]
  })

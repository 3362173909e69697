import type { TaskRecord } from './task.ts'

/** The branch that has the task's work, or will have it; null: it has none. */
export const workBranch = ({ pushed, repository }: Pick<TaskRecord, 'pushed' | 'repository'>): string | null =>
  pushed?.branch ?? repository.pushBranch ?? repository.branch

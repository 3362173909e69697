import type { TaskRecord } from './task.ts'

/** What the task asks a person for; null while it asks for nothing. */
export const questionOf = ({ state, reason }: Pick<TaskRecord, 'state' | 'reason'>): string | null =>
  state === 'blocked' ? reason : null

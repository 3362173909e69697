import type { TaskRecord } from './task.ts'

type Created = Pick<TaskRecord, 'createdAt' | 'id'>

const compare = (a: string, b: string): number => (a < b ? 1 : a > b ? -1 : 0)

/** Orders tasks by their creation. The id alone does not: a task in a pre-started sandbox has an older one. */
export const newestFirst = (a: Created, b: Created): number => compare(a.createdAt, b.createdAt) || compare(a.id, b.id)

import type { TaskRecord } from '../../domain/task.ts'

export type After = NonNullable<TaskRecord['after']>

/** Finds a task by the id that it has, or that its submit was sent with; undefined: there is none, or none any more. */
export type FindTask = (id: string) => TaskRecord | undefined

/** A task whose results a prompt may name. */
export type TaskBefore = { readonly task: string; readonly record: TaskRecord | undefined }

/** The tasks that one begins after, and those that these begin after, by their names; of one name the nearest. */
export const tasksBefore = (after: After, find: FindTask): ReadonlyMap<string, TaskBefore> => {
  const found = new Map<string, TaskBefore>()
  for (let level: After = after; level.length > 0; ) {
    const next: After[number][] = []
    for (const { name, task } of level) {
      if (found.has(name)) continue
      const record = find(task)
      found.set(name, { task, record })
      next.push(...(record?.after ?? []))
    }
    level = next
  }
  return found
}

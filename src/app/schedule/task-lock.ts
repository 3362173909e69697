import { keyedLock } from '../../std/keyed-lock.ts'
import type { LiveTask } from '../task/live-task.ts'
import type { Registry } from './registry.ts'

/** What is done alone on a task: one after the other, in the order in which it is asked for. */
export const taskLock = (registry: Registry) => {
  const alone = keyedLock()
  return {
    /** Runs a closure alone on a task's id. */
    alone,
    /** As `alone`, with the task's journal: it is opened for that long if the task is not under way. */
    withTask: <T>(id: string, use: (live: LiveTask) => Promise<T>): Promise<T> =>
      alone(id, async () => {
        const known = registry.get(id)
        if (known !== undefined) return await use(known.live)
        const live = registry.open(id)
        try {
          return await use(live)
        } finally {
          await live.close()
        }
      }),
  }
}

export type TaskLock = ReturnType<typeof taskLock>

import type { TaskRecord } from '../domain/task.ts'
import { hostWords } from '../views/host-words.ts'
import type { Context } from './context.ts'

/** Whoever has a task do something is told where it has no sandbox. */
export const sayHost = (context: Context, record: TaskRecord): void => {
  const words = hostWords(record)
  if (words !== null) context.stderr.write(`berth: warning: ${words}\n`)
}

import { client } from '../client/client.ts'
import { BerthError } from '../domain/errors.ts'
import type { TaskRecord } from '../domain/task.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import type { Context } from './context.ts'

/** The task that was created last, for commands that change nothing by it: which one it is stands on stderr. */
export const lastTask = async (context: Context): Promise<TaskRecord> => {
  const api = client(context)
  const { tasks } = await api.ask('list', { query: { all: 'true', limit: '1' } })
  const [task] = tasks
  if (task === undefined) throw new BerthError('usage', "missing required argument 'id': there is no task yet")
  context.stderr.write(`berth: ${task.id}, the last task: ${terminalLine(task.name ?? task.title)}\n`)
  return await api.ask('task', { id: task.id })
}

/** The id that was given, or that of the last task. */
export const idOrLast = async (context: Context, id: string | undefined): Promise<string> =>
  id ?? (await lastTask(context)).id

const ID = /^t-[0-9a-z]*$/

/** True for what means a task: an id, a beginning of one, or a name that a task has. */
export const isTask = async (context: Context, text: string): Promise<boolean> => {
  if (ID.test(text)) return true
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(text)) return false
  try {
    await client(context).ask('task', { id: text })
    return true
  } catch (error) {
    if (error instanceof BerthError && error.code === 'not-found') return false
    if (error instanceof BerthError && error.code === 'ambiguous') return true
    throw error
  }
}

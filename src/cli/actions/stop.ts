import { client } from '../../client/client.ts'
import { FINAL } from '../../domain/task.ts'
import type { Context } from '../context.ts'
import { removeSpares, sandboxCount } from '../remove-spares.ts'
import { type Selector, select } from '../select.ts'

type StopOptions = {
  readonly now?: boolean
  readonly json?: boolean
  /** Also removes the pre-started sandboxes that wait for further tasks. */
  readonly spares: boolean
}

/** Stops these tasks and prints what became of them. */
export const stopTasks = async (context: Context, ids: readonly string[], options: StopOptions): Promise<number> => {
  const { now = false, json = false, spares } = options
  const api = client(context)
  const tasks = await Promise.all(ids.map((id) => api.ask('stop', { id, body: { now } })))
  const sandboxes = spares ? await removeSpares(context) : 0
  if (json) context.stdout.write(`${JSON.stringify({ tasks, ...(spares ? { sandboxes } : {}) })}\n`)
  else for (const { id, state } of tasks) context.stdout.write(`${id} ${state}\n`)
  if (sandboxes > 0) context.stderr.write(`berth: removed ${sandboxCount(sandboxes)}\n`)
  return 0
}

export const stopAction = async (
  context: Context,
  ids: readonly string[],
  options: Selector & Pick<StopOptions, 'now' | 'json'>,
): Promise<number> => {
  const found = await select(context, ids, options, (record) => !FINAL.has(record.state) || record.kept != null)
  const asked = found.map(({ id }) => id)
  return await stopTasks(context, asked, { ...options, spares: options.all ?? false })
}

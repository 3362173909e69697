import { client } from '../../client/client.ts'
import { FINAL } from '../../domain/task.ts'
import type { Context } from '../context.ts'
import { type Selector, select } from '../select.ts'

export const stopAction = async (
  context: Context,
  ids: readonly string[],
  options: Selector & { now?: boolean; json?: boolean },
): Promise<number> => {
  const api = client(context)
  const found = await select(context, ids, options, (record) => !FINAL.has(record.state) || record.kept != null)
  const stopped = await Promise.all(found.map(({ id }) => api.ask('stop', { id, body: { now: options.now ?? false } })))
  if (options.json) context.stdout.write(`${JSON.stringify({ tasks: stopped })}\n`)
  else for (const record of stopped) context.stdout.write(`${record.id} ${record.state}\n`)
  return 0
}

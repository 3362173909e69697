import type { TaskRecord } from '../../domain/task.ts'
import { client } from '../client.ts'
import type { Context } from '../context.ts'

export const stopAction = async (
  context: Context,
  ids: readonly string[],
  options: { now?: boolean; json?: boolean },
): Promise<number> => {
  const api = client(context)
  for (const id of ids) await api.json<TaskRecord>('GET', `/v1/tasks/${encodeURIComponent(id)}`)
  const stopped = await Promise.all(
    ids.map((id) =>
      api.json<TaskRecord>('POST', `/v1/tasks/${encodeURIComponent(id)}/stop`, { now: options.now ?? false }),
    ),
  )
  if (options.json) context.stdout.write(`${JSON.stringify({ tasks: stopped })}\n`)
  else for (const record of stopped) context.stdout.write(`${record.id} ${record.state}\n`)
  return 0
}

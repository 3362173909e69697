import type { TaskRecord } from '../../domain/task.ts'
import { client } from '../client.ts'
import type { Context } from '../context.ts'

export const rmAction = async (
  context: Context,
  ids: readonly string[],
  options: { force?: boolean; json?: boolean },
): Promise<number> => {
  const api = client(context)
  for (const id of ids) await api.json<TaskRecord>('GET', `/v1/tasks/${encodeURIComponent(id)}`)
  const removed: string[] = []
  for (const id of ids)
    removed.push(
      (
        await api.json<{ id: string }>('DELETE', `/v1/tasks/${encodeURIComponent(id)}`, {
          force: options.force ?? false,
        })
      ).id,
    )
  if (options.json) context.stdout.write(`${JSON.stringify({ removed })}\n`)
  else for (const id of removed) context.stdout.write(`${id}\n`)
  return 0
}

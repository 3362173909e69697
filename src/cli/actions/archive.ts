import type { TaskRecord } from '../../domain/task.ts'
import { client } from '../client.ts'
import type { Context } from '../context.ts'

export const archiveAction = async (
  context: Context,
  verb: 'archive' | 'unarchive',
  ids: readonly string[],
  options: { readonly force?: boolean; readonly json?: boolean },
): Promise<number> => {
  const api = client(context)
  const body = verb === 'archive' ? { force: options.force ?? false } : undefined
  const found = await Promise.all(ids.map((id) => api.json<TaskRecord>('GET', `/v1/tasks/${encodeURIComponent(id)}`)))
  const tasks: TaskRecord[] = []
  for (const { id } of found) tasks.push(await api.json<TaskRecord>('POST', `/v1/tasks/${id}/${verb}`, body))
  if (options.json) context.stdout.write(`${JSON.stringify({ tasks })}\n`)
  else for (const { id } of tasks) context.stdout.write(`${id} ${verb}d\n`)
  return 0
}

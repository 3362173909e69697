import type { TaskRecord } from '../../domain/task.ts'
import { statusText } from '../../views/status-text.ts'
import { client } from '../client.ts'
import type { Context } from '../context.ts'
import { terminalStyle } from '../terminal.ts'

export const statusAction = async (
  context: Context,
  ids: readonly string[],
  options: { json?: boolean; verbose?: boolean },
): Promise<number> => {
  const api = client(context)
  for (const id of ids) {
    const record = await api.json<TaskRecord>('GET', `/v1/tasks/${encodeURIComponent(id)}`)
    if (options.json) context.stdout.write(`${JSON.stringify(record)}\n`)
    else
      context.stdout.write(
        `${statusText(record, { style: terminalStyle(context), now: Date.now(), verbose: options.verbose ?? false })}\n`,
      )
  }
  return 0
}

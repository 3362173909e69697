import type { ListAnswer } from '../../api/answers.ts'
import { BerthError } from '../../domain/errors.ts'
import { taskTable } from '../../views/task-table.ts'
import { client } from '../client.ts'
import type { Context } from '../context.ts'
import { terminalStyle, terminalWidth } from '../terminal.ts'

export type LsOptions = {
  all?: boolean
  archived?: boolean
  json?: boolean
  state?: string
  label?: string[]
  agent?: string
  limit?: string
  quiet?: boolean
  watch?: boolean
}

const none = ({ all, archived, state, label, agent }: LsOptions): string => {
  if (archived || state !== undefined || label !== undefined || agent !== undefined) return 'no such task'
  return all ? 'no task' : 'no open task; `berth ls -a` lists finished ones too'
}

export const lsAction = async (context: Context, options: LsOptions): Promise<number> => {
  const query = new URLSearchParams()
  if (options.all) query.set('all', 'true')
  if (options.archived) query.set('archived', 'true')
  if (options.state !== undefined) query.set('state', options.state)
  for (const label of options.label ?? []) query.append('label', label)
  if (options.agent !== undefined) query.set('agent', options.agent)
  if (options.limit !== undefined) {
    if (!/^[1-9]\d*$/.test(options.limit)) throw new BerthError('usage', `--limit ${options.limit}: not a count`)
    query.set('limit', options.limit)
  }
  const { json = false, quiet = false, watch } = options
  if (watch)
    return await (await import('./watch-ls.ts')).watchLs(context, {
      query: `${query}`,
      json,
      quiet,
      none: none(options),
    })
  const { tasks } = await client(context).json<ListAnswer>('GET', `/v1/tasks?${query}`)
  if (json) context.stdout.write(`${JSON.stringify({ tasks })}\n`)
  else if (quiet) context.stdout.write(tasks.map((task) => `${task.id}\n`).join(''))
  else if (tasks.length === 0 && terminalWidth(context) !== undefined) context.stdout.write(`${none(options)}\n`)
  else
    context.stdout.write(
      `${taskTable(tasks, { style: terminalStyle(context), now: Date.now(), width: terminalWidth(context) }).join('\n')}\n`,
    )
  return 0
}

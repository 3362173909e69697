import { client } from '../../client/client.ts'
import { BerthError } from '../../domain/errors.ts'
import { taskTable } from '../../views/task-table.ts'
import type { Context } from '../context.ts'
import { labelsOf, type SessionFlags } from '../session-flags.ts'
import { terminalStyle, terminalWidth } from '../terminal.ts'

export type LsOptions = SessionFlags & {
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

const none = ({ all, archived, state, agent, ...labels }: LsOptions): string => {
  if (archived || state !== undefined || labelsOf(labels) !== undefined || agent !== undefined) return 'no such task'
  return all ? 'no task' : 'no open task; `berth ls -a` lists finished ones too'
}

export const lsAction = async (context: Context, options: LsOptions): Promise<number> => {
  const { all, archived, state, agent, limit, json = false, quiet = false, watch } = options
  if (limit !== undefined && !/^[1-9]\d*$/.test(limit)) throw new BerthError('usage', `--limit ${limit}: not a count`)
  const asked = { all: all ? 'true' : undefined, archived: archived ? 'true' : undefined }
  const query = { ...asked, state, label: labelsOf(options), agent, limit }
  if (watch) return await (await import('./watch-ls.ts')).watchLs(context, { query, json, quiet, none: none(options) })
  const { tasks } = await client(context).ask('list', { query })
  if (json) context.stdout.write(`${JSON.stringify({ tasks })}\n`)
  else if (quiet) context.stdout.write(tasks.map((task) => `${task.id}\n`).join(''))
  else if (tasks.length === 0 && terminalWidth(context) !== undefined) context.stdout.write(`${none(options)}\n`)
  else
    context.stdout.write(
      `${taskTable(tasks, { style: terminalStyle(context), now: Date.now(), width: terminalWidth(context) }).join('\n')}\n`,
    )
  return 0
}

import { client } from '../../client/client.ts'
import { BerthError } from '../../domain/errors.ts'
import { parseDuration } from '../../std/duration.ts'
import { usageTable } from '../../views/usage-table.ts'
import type { Context } from '../context.ts'
import { terminalStyle, terminalWidth } from '../terminal.ts'

export type UsageOptions = { by: string; since?: string; json?: boolean }

/** A date, or how long ago. */
const sinceTime = (text: string): string => {
  const ago = parseDuration(text)
  const time = ago.ok ? Date.now() - ago.value : Date.parse(text)
  if (Number.isNaN(time))
    throw new BerthError('usage', `--since ${text}: neither a time like 7d nor a date like 2026-01-31`)
  return new Date(time).toISOString()
}

export const usageAction = async (context: Context, options: UsageOptions): Promise<number> => {
  const by = options.by
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '')
  const query = { by: by.join(','), since: options.since === undefined ? undefined : sinceTime(options.since) }
  const { usage } = await client(context).ask('usage', { query })
  if (options.json) context.stdout.write(`${JSON.stringify({ usage })}\n`)
  else if (usage.length > 0)
    context.stdout.write(
      `${usageTable(usage, { by, style: terminalStyle(context), width: terminalWidth(context) }).join('\n')}\n`,
    )
  else if (terminalWidth(context) !== undefined) context.stdout.write('no turn has used a model yet\n')
  return 0
}

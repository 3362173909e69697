import { statusText } from '../../views/status-text.ts'
import type { Context } from '../context.ts'
import { type Selector, select } from '../select.ts'
import { terminalStyle } from '../terminal.ts'

export const statusAction = async (
  context: Context,
  ids: readonly string[],
  options: Selector & { json?: boolean; verbose?: boolean },
): Promise<number> => {
  for (const record of await select(context, ids, options, () => true)) {
    if (options.json) context.stdout.write(`${JSON.stringify(record)}\n`)
    else
      context.stdout.write(
        `${statusText(record, { style: terminalStyle(context), now: Date.now(), verbose: options.verbose ?? false })}\n`,
      )
  }
  return 0
}

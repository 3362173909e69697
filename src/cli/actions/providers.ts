import { callerContextOf } from '../../client/caller-context.ts'
import { client } from '../../client/client.ts'
import { providerTable } from '../../views/provider-table.ts'
import type { Context } from '../context.ts'
import { terminalStyle, terminalWidth } from '../terminal.ts'

export const providersAction = async (context: Context, json: boolean): Promise<number> => {
  const { providers } = await client(context).ask('providers', { body: { caller: callerContextOf(context) } })
  if (json) context.stdout.write(`${JSON.stringify({ providers })}\n`)
  else
    context.stdout.write(
      `${providerTable(providers, { style: terminalStyle(context), width: terminalWidth(context) }).join('\n')}\n`,
    )
  return 0
}

import { client } from '../../client/client.ts'
import { EXIT } from '../../domain/errors.ts'
import { auditHeader, auditLine } from '../../views/audit-line.ts'
import type { Context } from '../context.ts'
import { idOrLast } from '../last-task.ts'
import { terminalStyle } from '../terminal.ts'
import { writeTo } from '../write.ts'

type Options = { readonly follow?: boolean; readonly denied?: boolean; readonly json?: boolean }

/** Prints what a task asked of its network, entry by entry. */
export const auditAction = async (context: Context, asked: string | undefined, options: Options): Promise<number> => {
  const { follow = false, denied = false, json = false } = options
  const id = await idOrLast(context, asked)
  const style = terminalStyle(context)
  let isFirst = true
  for await (const entry of client(context).audit(id, { follow, denied })) {
    const header = isFirst && !json ? `${style('bold', auditHeader)}\n` : ''
    isFirst = false
    await writeTo(context.stdout, `${header}${json ? JSON.stringify(entry) : auditLine(entry, style)}\n`)
  }
  if (isFirst && !json && context.stdout.isTTY) context.stdout.write(denied ? 'nothing was denied\n' : 'no requests\n')
  return EXIT.done
}

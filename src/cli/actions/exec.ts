import { client } from '../../client/client.ts'
import { BerthError } from '../../domain/errors.ts'
import { EXEC, EXEC_PROTOCOL, encodeExec } from '../../domain/exec-frame.ts'
import type { Context } from '../context.ts'
import { programTerminal } from '../held-terminal.ts'
import { joinProgram } from '../join-program.ts'

export type ExecOptions = { readonly tty: boolean; readonly stdin: boolean; readonly detach?: boolean }

/** Runs a command in a task's container; the exit code is the command's. */
export const execAction = async (context: Context, id: string, options: ExecOptions): Promise<number> => {
  const { detach = false } = options
  const argv = context.split.rest ?? []
  if (argv.length === 0) throw new BerthError('usage', 'exec: the command is missing: berth exec ID COMMAND...')
  const tty = options.tty && options.stdin && !detach ? programTerminal(context) : null
  const api = client(context)
  const record = await api.ask('task', { id })
  const connection = await api.upgrade('exec', { id: record.id }, EXEC_PROTOCOL)
  connection.on('error', () => {})
  connection.write(encodeExec(EXEC.open, JSON.stringify({ argv, tty, ...(detach && { detach }) })))
  // As of a command that nobody reads: SIGPIPE.
  context.whenUnread(() => 141)
  const code = await joinProgram(context, connection, { tty: tty !== null, input: options.stdin && !detach })
  if (code !== undefined) return code
  throw new BerthError(
    'supervisor-unreachable',
    `${record.id}: the supervisor ended; the command may have ended, failed or gone on`,
  )
}

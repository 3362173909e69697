import { client } from '../../client/client.ts'
import { BerthError } from '../../domain/errors.ts'
import { EXEC, EXEC_PROTOCOL, encodeExec } from '../../domain/exec-frame.ts'
import type { ProgramOpening } from '../../domain/program-opening.ts'
import type { Context } from '../context.ts'
import { programTerminal } from '../held-terminal.ts'
import { joinProgram } from '../join-program.ts'

/** The best shell of the image. */
const SHELL = ['sh', '-c', 'command -v bash >/dev/null && exec bash; exec sh'] as const

/** Runs a program beside a task's agent; the exit code is the program's. */
export const shellAction = async (context: Context, id: string): Promise<number> => {
  const [program, ...args] = context.split.rest ?? []
  const api = client(context)
  const record = await api.ask('task', { id })
  const connection = await api.upgrade('shell', { id: record.id }, EXEC_PROTOCOL)
  connection.on('error', () => {})
  const tty = programTerminal(context)
  const opening: ProgramOpening = { argv: program === undefined ? SHELL : [program, ...args], tty }
  connection.write(encodeExec(EXEC.open, JSON.stringify(opening)))
  // As of a program that nobody reads: SIGPIPE.
  context.whenUnread(() => 141)
  const code = await joinProgram(context, connection, { tty: tty !== null, input: true })
  if (code !== undefined) return code
  throw new BerthError(
    'supervisor-unreachable',
    `${record.id}: the connection to the sandbox ended, and the program with it`,
  )
}

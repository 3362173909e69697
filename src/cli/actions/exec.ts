import { spawnSync } from 'node:child_process'
import type { Duplex } from 'node:stream'
import type { Problem } from '../../api/answers.ts'
import { client, problemError } from '../../client/client.ts'
import { BerthError } from '../../domain/errors.ts'
import { decodeExec, EXEC, EXEC_PROTOCOL, encodeExec } from '../../domain/exec-frame.ts'
import type { Context } from '../context.ts'
import { writeRaw } from '../terminal-gate.ts'
import { writeTo } from '../write.ts'

export type ExecOptions = { readonly tty: boolean; readonly stdin: boolean }

/** Sends this process' input and the terminal's size as they come; the returned function gives the terminal back. */
const attach = (context: Context, connection: Duplex, options: ExecOptions): (() => void) => {
  const { stdin, stdout } = context
  if (!options.stdin) {
    connection.write(encodeExec(EXEC.end))
    return () => {}
  }
  const resize = () =>
    void connection.write(encodeExec(EXEC.resize, JSON.stringify({ columns: stdout.columns, rows: stdout.rows })))
  if (options.tty) {
    stdin.setRawMode(true)
    // Node's raw mode goes on turning \n into \r\n, which the terminal inside has done already.
    spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] })
    stdout.on('resize', resize)
  }
  stdin.on('data', (data: Buffer) => {
    if (connection.write(encodeExec(EXEC.stdin, data))) return
    stdin.pause()
    connection.once('drain', () => stdin.resume())
  })
  const end = () => void (connection.writable && connection.write(encodeExec(EXEC.end)))
  stdin.once('end', end)
  stdin.once('error', end)
  return () => {
    if (options.tty) stdin.setRawMode(false)
    stdout.off('resize', resize)
    stdin.removeAllListeners('data')
    stdin.destroy()
  }
}

/** Prints what the command says, until it ends: its exit code; undefined where the connection ended first. */
const relay = async ({ stdout, stderr }: Context, connection: Duplex, tty: boolean): Promise<number | undefined> => {
  for await (const { kind, data } of decodeExec(connection as AsyncIterable<Buffer>)) {
    if (kind === EXEC.stdout) await (tty ? writeRaw : writeTo)(stdout, data)
    if (kind === EXEC.stderr) await writeTo(stderr, data)
    if (kind === EXEC.exit) return Number(data.toString())
    if (kind === EXEC.failed) throw problemError(JSON.parse(data.toString()) as Problem)
  }
  return undefined
}

/** Runs a command in a task's container; the exit code is the command's. */
export const execAction = async (context: Context, id: string, options: ExecOptions): Promise<number> => {
  const { stdin, stdout, env } = context
  const argv = context.split.rest ?? []
  if (argv.length === 0) throw new BerthError('usage', 'exec: the command is missing: berth exec ID COMMAND...')
  const tty = options.tty && options.stdin && stdin.isTTY === true && stdout.isTTY === true
  const api = client(context)
  const record = await api.ask('task', { id })
  const connection = await api.upgrade('exec', { id: record.id }, EXEC_PROTOCOL)
  connection.on('error', () => {})
  const terminal = { columns: stdout.columns || 80, rows: stdout.rows || 24, term: env['TERM'] || 'xterm' }
  connection.write(encodeExec(EXEC.open, JSON.stringify({ argv, tty: tty ? terminal : null })))
  // As of a command that nobody reads: SIGPIPE.
  context.whenUnread(() => 141)
  const detach = attach(context, connection, { ...options, tty })
  try {
    const code = await relay(context, connection, tty)
    if (code !== undefined) return code
    throw new BerthError(
      'supervisor-unreachable',
      `${record.id}: the supervisor ended; the command may have ended, failed or gone on`,
    )
  } finally {
    detach()
    connection.destroy()
  }
}

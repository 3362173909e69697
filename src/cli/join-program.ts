import type { Duplex } from 'node:stream'
import type { Problem } from '../api/answers.ts'
import { problemError } from '../client/client.ts'
import { decodeExec, EXEC, type ExecFrame, encodeExec } from '../domain/exec-frame.ts'
import type { TerminalSize } from '../domain/worker-protocol.ts'
import { drained } from '../std/drained.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import type { Context } from './context.ts'
import { holdTerminal } from './held-terminal.ts'
import { writeTo } from './write.ts'

/** Shows what a program writes, and sends it what is typed. */
type Joined = { show(data: Buffer): Promise<void>; close(): void }

/** As of a shell that finds no such program. */
const NOT_STARTED = 127

/** What a worker says of a program that it could not start has only a message; a supervisor's error is thrown. */
const notStarted = ({ stderr }: Context, data: Buffer): number => {
  const told = JSON.parse(data.toString()) as Problem | { readonly message: string }
  if (!('message' in told)) throw problemError(told)
  stderr.write(`berth: ${terminalLine(told.message)}\n`)
  return NOT_STARTED
}

const onTerminal = (context: Context, connection: Duplex): Joined => {
  const resized = (size: TerminalSize) => void connection.write(encodeExec(EXEC.resize, JSON.stringify(size)))
  return holdTerminal(context, {
    input: true,
    typed: (data) => (connection.write(encodeExec(EXEC.stdin, data)) ? undefined : drained(connection)),
    ended: () => void (connection.writable && connection.write(encodeExec(EXEC.end))),
    resized,
    // A program draws its screen again when the size changes, and a shell its prompt.
    continued: () => {},
  })
}

const inPipes = ({ stdin, stdout }: Context, connection: Duplex, input: boolean): Joined => {
  const show = (data: Buffer) => writeTo(stdout, data)
  const end = () => void (connection.writable && connection.write(encodeExec(EXEC.end)))
  if (!input) {
    end()
    return { show, close: () => {} }
  }
  stdin.on('data', (data: Buffer) => {
    if (connection.write(encodeExec(EXEC.stdin, data))) return
    stdin.pause()
    void drained(connection).then(() => stdin.resume())
  })
  stdin.once('end', end)
  stdin.once('error', end)
  return {
    show,
    close() {
      stdin.removeAllListeners('data')
      stdin.destroy()
    },
  }
}

/**
 * Joins this process' streams with a program over a connection of EXEC frames, until the program ends: its exit code;
 * undefined where the connection ended first. `tty`: the program has the user's terminal. `frames`: those of the connection,
 * where somebody has begun to read them. `state` takes what a `state` frame says.
 */
export const joinProgram = async (
  context: Context,
  connection: Duplex,
  options: {
    readonly tty: boolean
    readonly input: boolean
    readonly frames?: AsyncIterable<ExecFrame>
    readonly state?: (data: Buffer) => void
  },
): Promise<number | undefined> => {
  const { tty, input, frames = decodeExec(connection as AsyncIterable<Buffer>), state } = options
  const joined = tty ? onTerminal(context, connection) : inPipes(context, connection, input)
  try {
    for await (const { kind, data } of frames) {
      if (kind === EXEC.stdout) await joined.show(data)
      if (kind === EXEC.stderr) await writeTo(context.stderr, data)
      if (kind === EXEC.state) state?.(data)
      if (kind === EXEC.exit) return Number(data.toString())
      if (kind === EXEC.failed) return notStarted(context, data)
    }
    return undefined
  } finally {
    joined.close()
    connection.destroy()
  }
}

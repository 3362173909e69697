import type { Socket } from 'node:net'
import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { decodeExec, EXEC, type ExecFrame, encodeExec } from '../domain/exec-frame.ts'
import type { ProgramOpening } from '../domain/program-opening.ts'
import type { TerminalSize, WorkOrder } from '../domain/worker-protocol.ts'
import { startWithPipes } from '../inside/start-with-pipes.ts'
import type { Program, ProgramEnd, StartedProgram } from '../inside/started-program.ts'
import { drained } from '../std/drained.ts'
import { errorMessage } from '../std/error-message.ts'
import { fileAppears } from './file-appears.ts'
import { offerFirst } from './offer-first.ts'
import { programEnv } from './program-env.ts'
import type { Programs } from './programs.ts'
import { readOpening } from './read-opening.ts'
import { readSize } from './read-size.ts'
import { startOnTerminal } from './start-on-terminal.ts'

/** A daemon may hold the output of a program that has ended: its silence of this length is the end. */
const QUIET_MS = 300
/** Nothing else tells that a caller has gone while its input is not taken. */
const SIGN_MS = 1000
const ENDS_WITH_MS = 1000

type Running = StartedProgram & {
  readonly input: Writable
  readonly outputs: readonly (readonly [kind: number, stream: Readable])[]
  resize(size: TerminalSize): void
  close(): void
}

const start = async (opening: ProgramOpening, { run, paths, task }: WorkOrder): Promise<Running> => {
  const { argv, tty } = opening
  const [file = '', ...args] = argv
  const more = { BERTH_TASK: task, ...run?.env, ...opening.env, ...(tty !== null && { TERM: tty.term }) }
  const cwd = opening.cwd ?? run?.cwd ?? paths.home
  const program: Program = { argv: [file, ...args], env: programEnv(paths.home, more), cwd }
  if (tty !== null) {
    const started = startOnTerminal(program, tty)
    return { ...started, outputs: [[EXEC.stdout, started.output]] }
  }
  const { pid, exited, stdin, stdout, stderr } = await startWithPipes(program, 'pipe')
  const input = stdin as Writable
  input.on('error', () => {})
  return {
    pid,
    exited,
    input,
    outputs: [
      [EXEC.stdout, stdout],
      [EXEC.stderr, stderr],
    ],
    resize: () => {},
    close: () => {
      for (const stream of [input, stdout, stderr]) stream.destroy()
    },
  }
}

const put = async (stream: Socket, { input }: Running, data: Buffer): Promise<void> => {
  if (input.destroyed || input.write(data)) return
  const sign = setInterval(() => stream.write(encodeExec(EXEC.stdout)), SIGN_MS)
  await drained(input)
  clearInterval(sign)
}

/** What the caller says goes to the program, until the caller is gone. */
const feed = async (frames: AsyncIterator<ExecFrame>, stream: Socket, program: Running, tty: boolean) => {
  for (let next = await frames.next(); !next.done; next = await frames.next()) {
    const { kind, data } = next.value
    if (kind === EXEC.stdin) await put(stream, program, data)
    if (kind === EXEC.end && !tty) program.input.end()
    const size = kind === EXEC.resize ? readSize(data) : undefined
    if (size !== undefined) program.resize(size)
  }
}

/** Sends all that the program writes. Resolves when its output is over. */
const send = (stream: Socket, { outputs }: Running) => {
  let heardAt = performance.now()
  const pump = async (kind: number, output: Readable) => {
    for await (const data of output) {
      if (!stream.write(encodeExec(kind, data as Buffer))) await drained(stream)
      heardAt = performance.now()
    }
  }
  const over = Promise.allSettled(outputs.map(([kind, output]) => pump(kind, output)))
  return {
    over,
    /** Waits for the rest of an ended program. */
    async rest(): Promise<void> {
      let done = false
      void over.then(() => {
        done = true
      })
      while (!done && (stream.writableNeedDrain || performance.now() - heardAt < QUIET_MS))
        await Promise.race([over, delay(QUIET_MS / 4)])
    },
  }
}

const exitCode = ({ code, signal }: ProgramEnd): number =>
  code ?? 128 + (signal === null ? 0 : constants.signals[signal])

/** Runs a program for a caller, to whom the connection leads; it ends with the connection. */
export const serveProgram = async (stream: Socket, order: WorkOrder, programs: Programs): Promise<void> => {
  stream.on('error', () => {})
  const gone = new AbortController()
  const served = new Promise<void>((resolve) => {
    stream.once('close', () => {
      gone.abort()
      resolve()
    })
  })
  try {
    const frames = decodeExec(stream)
    const opening = readOpening(await frames.next())
    const program = await start(opening, order)
    programs.add(program.pid, served)
    offerFirst(program.pid)
    let found = false
    const end = () => programs.end(program.pid)
    gone.signal.addEventListener('abort', () => void end())
    void feed(frames, stream, program, opening.tty !== null)
      .catch(() => {})
      .finally(end)
    if (opening.endsWith !== undefined)
      void fileAppears(order.paths.home, opening.endsWith, gone.signal).then(async (there) => {
        if (!there) return
        await delay(ENDS_WITH_MS)
        found = true
        await end()
      })
    const sent = send(stream, program)
    const ended = await program.exited
    await end()
    await sent.rest()
    program.close()
    stream.write(encodeExec(EXEC.exit, String(found ? 0 : exitCode(ended))))
  } catch (error) {
    if (!stream.destroyed) stream.write(encodeExec(EXEC.failed, JSON.stringify({ message: errorMessage(error) })))
  } finally {
    stream.end()
  }
}

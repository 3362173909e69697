import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { type OutStream, PROMPT_FILE, type WorkOrder } from '../domain/worker-protocol.ts'
import { errorMessage } from '../std/error-message.ts'
import { programEnv } from './program-env.ts'
import type { TerminalProgram } from './start-on-terminal.ts'
import type { Program, ProgramEnd, StartedProgram } from './started-program.ts'
import { whyNotStarted } from './why-not-started.ts'

type Run = NonNullable<WorkOrder['run']>

export type StartedAgent = StartedProgram & {
  readonly outputs: readonly (readonly [OutStream, Readable])[]
  /** Where it runs on one. */
  readonly terminal?: TerminalProgram
}

/** Bytes of one argument, without the one that ends it. */
const LONGEST_ARGUMENT = 128 * 1024 - 1

const openStdin = (path: string): number => {
  try {
    return openSync(path, 'r')
  } catch (error) {
    throw new Error(`opened ${path} as the agent's input: ${errorMessage(error)}`)
  }
}

/** Where memory runs out, the kernel shall take the agent or its children, and leave us to bring out the work. */
const offerFirst = (pid: number) => {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '500')
  } catch {
    // It has ended already.
  }
}

/** Starts the agent with pipes for its output. */
const startWithPipes = (program: Program, input: string | null): Promise<StartedAgent> => {
  const stdin = input === null ? ('ignore' as const) : openStdin(input)
  try {
    const [file, ...args] = program.argv
    const { cwd, env } = program
    const child = spawn(file, args, { cwd, env, detached: true, stdio: [stdin, 'pipe', 'pipe'] })
    const exited = new Promise<ProgramEnd>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }))
    })
    return new Promise((resolve, reject) => {
      child.once('error', (error) => reject(new Error(whyNotStarted(program, error))))
      const { pid, stdout, stderr } = child
      if (pid === undefined || stdout === null || stderr === null) return
      const outputs = [
        ['o', stdout],
        ['e', stderr],
      ] as const
      resolve({ pid, exited, outputs })
    })
  } catch (error) {
    throw new Error(whyNotStarted(program, error as NodeJS.ErrnoException))
  } finally {
    if (typeof stdin === 'number') closeSync(stdin)
  }
}

/** The command line, with the prompt added to its word. */
const withPrompt = (argv: Run['argv'], at: number | undefined, exchange: string): Run['argv'] => {
  if (at === undefined) return argv
  const prompt = readFileSync(join(exchange, PROMPT_FILE), 'utf8')
  const word = (argv[at] ?? '') + prompt
  const size = Buffer.byteLength(word)
  if (size > LONGEST_ARGUMENT)
    throw new Error(
      `the prompt has ${size} bytes: at a terminal the agent gets it as an argument, of ${LONGEST_ARGUMENT} bytes at most`,
    )
  if (prompt.includes('\0')) throw new Error('the prompt has a NUL byte: an argument cannot have one')
  const [program = '', ...args] = argv.with(at, word)
  return [program, ...args]
}

const startWithTerminal = async (program: Program, terminal: NonNullable<Run['terminal']>): Promise<StartedAgent> => {
  const { startOnTerminal } = await import('./start-on-terminal.ts')
  const started = startOnTerminal({ ...program, env: { ...program.env, TERM: terminal.term } }, terminal)
  const { pid, exited, output } = started
  return { pid, exited, outputs: [['t', output]], terminal: started }
}

/** Starts the agent as the leader of a session of its own. Throws with words where it can't be started. */
export const startAgent = async ({ paths }: Pick<WorkOrder, 'paths'>, run: Run): Promise<StartedAgent> => {
  const { argv, cwd, stdin, terminal } = run
  const program: Program = { argv, cwd, env: programEnv(paths.home, run.env) }
  const started =
    terminal === undefined
      ? await startWithPipes(program, stdin)
      : await startWithTerminal({ ...program, argv: withPrompt(argv, terminal.promptAt, paths.exchange) }, terminal)
  offerFirst(started.pid)
  return started
}

import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { type OutStream, PROMPT_FILE, type WorkOrder } from '../domain/worker-protocol.ts'
import { startWithPipes } from '../inside/start-with-pipes.ts'
import type { Program, StartedProgram } from '../inside/started-program.ts'
import { errorMessage } from '../std/error-message.ts'
import { offerFirst } from './offer-first.ts'
import { programEnv } from './program-env.ts'
import type { TerminalProgram } from './start-on-terminal.ts'

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

/** Starts the agent with pipes for its output. */
const startPiped = async (program: Program, input: string | null): Promise<StartedAgent> => {
  const stdin = input === null ? ('ignore' as const) : openStdin(input)
  try {
    const { pid, exited, stdout, stderr } = await startWithPipes(program, stdin)
    return {
      pid,
      exited,
      outputs: [
        ['o', stdout],
        ['e', stderr],
      ],
    }
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
      ? await startPiped(program, stdin)
      : await startWithTerminal({ ...program, argv: withPrompt(argv, terminal.promptAt, paths.exchange) }, terminal)
  offerFirst(started.pid)
  return started
}

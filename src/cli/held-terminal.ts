import { spawnSync } from 'node:child_process'
import type { TerminalSize } from '../domain/worker-protocol.ts'
import { terminalFilter } from '../std/terminal-filter.ts'
import { belowScreen, onLastRow } from '../std/terminal-overlay.ts'
import type { Context } from './context.ts'
import { writeRaw } from './terminal-gate.ts'

/** The user's terminal while a program in a sandbox has it. */
export type HeldTerminal = {
  /** Shows a program's bytes as far as the filter lets them pass. Resolves when the terminal has taken them. */
  show(data: Uint8Array): Promise<void>
  /** Shows words of our own on the last row, until the screen is drawn again. */
  say(words: string): void
  /** Gives the terminal back as it was, also in the middle of whatever the program did to it. */
  close(): void
}

export type HoldInput = {
  /** False: the user types nothing that the program gets. */
  readonly input: boolean
  /** Takes what the user types. Further keys wait for the promise. */
  typed(data: Buffer): Promise<void> | undefined
  /** Nothing more is typed: the terminal is gone. */
  ended(): void
  resized(size: TerminalSize): void
  /** The process was suspended, and the terminal shows something else now. */
  continued(): void
  /** The program has the whole screen: what is printed afterwards begins below it. */
  readonly full?: true
}

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** Cells of the user's terminal; 0 where it does not tell. */
export const sizeOf = ({ stdout }: Pick<Context, 'stdout'>): TerminalSize => ({
  columns: stdout.columns || 0,
  rows: stdout.rows || 0,
})

/** True if a person is there who sees and types. */
export const hasTerminal = ({ stdin, stdout }: Context): boolean => stdin.isTTY === true && stdout.isTTY === true

/** What a program's own terminal is to be like; null if the user has none. */
export const programTerminal = (context: Context): (TerminalSize & { readonly term: string }) | null => {
  if (!hasTerminal(context)) return null
  const { columns, rows } = sizeOf(context)
  return { columns: columns || 80, rows: rows || 24, term: context.env['TERM'] || 'xterm' }
}

const makeRaw = (stdin: NodeJS.ReadStream): void => {
  stdin.setRawMode(true)
  // Node's raw mode goes on turning \n into \r\n, which the terminal inside has done already.
  spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] })
}

/** Calls a listener for each signal of a table; the returned function takes them all off. */
const onSignals = (input: Readonly<Partial<Record<NodeJS.Signals, () => void>>>): (() => void) => {
  const entries = Object.entries(input) as [NodeJS.Signals, () => void][]
  for (const [signal, listener] of entries) process.on(signal, listener)
  return () => {
    for (const [signal, listener] of entries) process.off(signal, listener)
  }
}

/** Passes what is typed on, piece by piece; the returned function ends that. */
const readKeys = (stdin: NodeJS.ReadStream, { typed, ended }: Pick<HoldInput, 'typed' | 'ended'>): (() => void) => {
  const take = (data: Buffer) => {
    const taken = typed(data)
    if (taken === undefined) return
    stdin.pause()
    void taken.finally(() => stdin.resume())
  }
  stdin.on('data', take)
  stdin.once('end', ended)
  stdin.once('error', ended)
  // Whoever asked something before has paused it.
  stdin.resume()
  return () => {
    stdin.off('data', take)
    stdin.destroy()
  }
}

/**
 * Gives the user's terminal to a program: raw, so that every key is the program's, and filtered. However this process ends,
 * kill -9 aside, the terminal is then as it was.
 */
export const holdTerminal = (context: Context, input: HoldInput): HeldTerminal => {
  const { stdin, stdout } = context
  const filter = terminalFilter({ input: input.input })
  let held = true

  const giveBack = () => {
    const { alternate } = filter
    const below = input.full ? belowScreen(alternate, sizeOf(context)) : ''
    void writeRaw(stdout, filter.undo() + below)
    // A terminal that is gone has no mode.
    if (!stdin.destroyed) stdin.setRawMode(false)
  }
  const close = () => {
    if (!held) return
    held = false
    giveBack()
    offSignals()
    stdout.off('resize', resize)
    process.off('exit', close)
    process.off('uncaughtExceptionMonitor', close)
    endKeys()
  }
  const resize = () => input.resized(sizeOf(context))
  const suspend = () => {
    giveBack()
    process.kill(process.pid, 'SIGSTOP')
  }
  const resume = () => {
    // A shell may have changed the terminal's mode meanwhile, which Node does not know.
    stdin.setRawMode(false)
    makeRaw(stdin)
    input.continued()
  }
  const endBy = (signal: NodeJS.Signals) => () => {
    close()
    process.kill(process.pid, signal)
  }
  const terminal: HeldTerminal = {
    show: (data) => writeRaw(stdout, filter.pass(data)),
    say: (words) => void writeRaw(stdout, onLastRow(words, sizeOf(context))),
    close,
  }
  makeRaw(stdin)
  const endings = Object.fromEntries(ENDING.map((signal) => [signal, endBy(signal)]))
  const offSignals = onSignals({ ...endings, SIGTSTP: suspend, SIGCONT: resume })
  stdout.on('resize', resize)
  process.on('exit', close)
  process.on('uncaughtExceptionMonitor', close)
  const endKeys = readKeys(stdin, input)
  return terminal
}

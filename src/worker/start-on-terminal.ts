import { existsSync, statSync } from 'node:fs'
import { constants as system } from 'node:os'
import { delimiter, resolve } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { ReadStream } from 'node:tty'
import type { TerminalSize } from '../domain/worker-protocol.ts'
import type { Program, ProgramEnd, StartedProgram } from '../inside/started-program.ts'
import { whyNotStarted } from '../inside/why-not-started.ts'
import { errorMessage } from '../std/error-message.ts'
import { isProgram } from '../std/find-program.ts'
import { terminalAddon } from './terminal-addon.ts'
import { terminalInput } from './terminal-input.ts'

/** The kernel's limit of one argument or variable, with the byte that ends it. */
const LONGEST_WORD = 128 * 1024

export type TerminalProgram = StartedProgram & {
  readonly output: Readable
  readonly input: Writable
  resize(size: TerminalSize): void
  /** Closes our end: who still has the other one hears HUP. */
  close(): void
}

const failure = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code })

/** A program behind a terminal that cannot be started says so on the terminal alone, so it is looked at before. */
const check = ({ argv, env, cwd }: Program): void => {
  const [name] = argv
  const folders = name.includes('/') ? [''] : (env['PATH'] ?? '').split(delimiter)
  const places = folders.map((folder) => resolve(cwd, folder, name))
  const found = places.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
  if (found.length === 0 || !existsSync(cwd)) throw failure('ENOENT')
  const words = [...argv, ...Object.entries(env).map(([key, value]) => `${key}=${value}`)]
  if (words.some((word) => Buffer.byteLength(word) >= LONGEST_WORD)) throw failure('E2BIG')
  if (words.some((word) => word.includes('\0'))) throw new Error('an argument or variable has a NUL byte')
  // A later folder may have one that may be executed.
  if (!found.some(isProgram)) throw failure('EACCES')
}

const signalName = (number: number): NodeJS.Signals | null => {
  const [name] = Object.entries(system.signals).find(([, value]) => value === number) ?? []
  return (name as NodeJS.Signals | undefined) ?? null
}

const openTerminal = ({ argv, env, cwd }: Program, { columns, rows }: TerminalSize) => {
  const { promise: exited, resolve: onExit } = Promise.withResolvers<ProgramEnd>()
  const [file, ...args] = argv
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const addon = terminalAddon()
  try {
    const made = addon.fork(file, args, variables, cwd, columns, rows, -1, -1, true, '', (code, signal) =>
      onExit(signal === 0 ? { code, signal: null } : { code: null, signal: signalName(signal) }),
    )
    return { ...made, exited, addon }
  } catch (error) {
    const lack = existsSync('/dev/ptmx') ? errorMessage(error) : 'there is no /dev/ptmx'
    throw new Error(`opened a terminal: ${lack}. The image or its engine lacks what a terminal needs`)
  }
}

/** Starts a program on a terminal of its own. Throws with words where it can't. */
export const startOnTerminal = (program: Program, size: TerminalSize): TerminalProgram => {
  try {
    check(program)
  } catch (error) {
    throw new Error(whyNotStarted(program, error as NodeJS.ErrnoException))
  }
  const { fd, pid, exited, addon } = openTerminal(program, size)
  const output = new ReadStream(fd)
  const input = terminalInput(fd)
  let open = true
  const shut = () => {
    open = false
    input.destroy()
  }
  // Linux says EIO where the last process has closed its end.
  output.on('error', () => {}).once('close', shut)
  return {
    pid,
    exited,
    output,
    input,
    resize: ({ columns, rows }) => {
      if (open) addon.resize(fd, columns, rows)
    },
    close: () => {
      shut()
      output.destroy()
    },
  }
}

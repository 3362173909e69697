import { join } from 'node:path'
import { TERMINAL_ADDON } from '../domain/worker-protocol.ts'
import { errorMessage } from '../std/error-message.ts'

/** The native part of node-pty 1.1.0. Its JavaScript ends a terminal 200 ms after its program, with bytes still unread. */
export type TerminalAddon = {
  fork(
    file: string,
    args: readonly string[],
    env: readonly string[],
    cwd: string,
    columns: number,
    rows: number,
    uid: number,
    gid: number,
    utf8: boolean,
    helper: string,
    onExit: (code: number, signal: number) => void,
  ): { readonly fd: number; readonly pid: number; readonly pty: string }
  resize(fd: number, columns: number, rows: number): void
}

let loaded: TerminalAddon | undefined

/** Loads the addon of the toolbox that the worker is in, when the first terminal opens. */
export const terminalAddon = (): TerminalAddon => {
  if (loaded !== undefined) return loaded
  const module = { exports: {} }
  try {
    process.dlopen(module, join(import.meta.dirname, '..', TERMINAL_ADDON))
  } catch (error) {
    throw new Error(`loaded the toolbox's part for terminals: ${errorMessage(error)}`)
  }
  loaded = module.exports as TerminalAddon
  return loaded
}

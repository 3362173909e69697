/** How a process ended: with a code, or by a signal. Both null: it was not seen to end. */
export type ProgramEnd = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

/** A program to be started, as the leader of a session of its own. */
export type Program = {
  readonly argv: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

export type StartedProgram = {
  readonly pid: number
  /** Resolves when the process has ended, whoever may hold its output. */
  readonly exited: Promise<ProgramEnd>
}

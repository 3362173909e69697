import type { TerminalSize } from './worker-protocol.ts'

/** The first frame over a connection to the target `program`, as JSON. */
export type ProgramOpening = {
  readonly argv: readonly string[]
  /** Added to the environment of the turn's agent. */
  readonly env?: Readonly<Record<string, string>>
  /** Absent: the agent's folder. */
  readonly cwd?: string
  /** Null: it gets pipes. */
  readonly tty: (TerminalSize & { readonly term: string }) | null
  /** A path below home: the worker ends the program a second after this file has become a JSON object, with code 0. */
  readonly endsWith?: string
}

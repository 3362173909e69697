import type { TerminalSize } from './worker-protocol.ts'

/** What lists show of the recording of a turn's terminal. */
export type Recording = TerminalSize & {
  readonly turn: number
  readonly startedAt: string | null
  readonly seconds: number
  /** The size of the file; null until the turn is over. */
  readonly bytes: number | null
}

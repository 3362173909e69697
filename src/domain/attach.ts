import type { TerminalSize } from './worker-protocol.ts'

/** The protocol of a connection that shows an agent's terminal; its frames are those of `exec-frame.ts`. */
export const ATTACH_PROTOCOL = 'berth-attach'

/** The first frame of `attach`: the size of the viewer's own terminal. */
export type AttachOpening = TerminalSize & {
  /** The viewer never writes. */
  readonly readOnly: boolean
  /** The viewer writes even if somebody else does; that one goes on as a reader. */
  readonly take: boolean
  /** What the viewer says of itself, such as `ann@laptop pts/3`. Berth checks none of it. */
  readonly who: string
}

/** Somebody who looks at an agent's terminal. `since`: ISO 8601. */
export type Viewer = { readonly id: string; readonly who: string; readonly since: string }

/** Told to each viewer of a terminal first, and again after each change. */
export type AttachState = {
  /** The reader's own id. */
  readonly you: string
  readonly viewers: readonly (Viewer & { readonly readOnly: boolean })[]
  /** Whose keys the agent gets. If it is null, the next viewer that types becomes the writer, unless it is read-only. */
  readonly writer: Viewer | null
  /** The size of the agent's terminal; other viewers see a part of it. */
  readonly columns: number
  readonly rows: number
  /** `waiting`: Berth has no connection into the sandbox at the moment and keeps what the writer types. */
  readonly input: 'open' | 'waiting'
  /** How many bytes that this viewer typed never reached the agent. */
  readonly lost: number
}

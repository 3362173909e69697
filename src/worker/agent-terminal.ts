import type { TerminalSize } from '../domain/worker-protocol.ts'
import { drained } from '../std/drained.ts'
import type { agentOutput } from './agent-output.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { TerminalProgram } from './start-on-terminal.ts'

/** The terminal that the agent runs on, as callers use it. */
export type AgentTerminal = {
  /** Types these bytes. Resolves when the terminal takes more. */
  write(bytes: Buffer): Promise<void>
  resize(size: TerminalSize): void
}
/** `over` is aborted when the frame of the agent's end stands in the log. */
export type FoundTerminal = AgentTerminal & { readonly over: AbortSignal }

/** Where callers find the agent's terminal. */
export type TerminalPlace = {
  /** A turn with a terminal begins: who asks from now on waits until it is open. */
  expect(): void
  open(terminal: AgentTerminal): void
  /** The turn has no terminal any more. */
  clear(): void
  /** Undefined: this turn has none, or it is over. */
  find(): Promise<FoundTerminal | undefined>
}

export const terminalPlace = (): TerminalPlace => {
  let wanted: PromiseWithResolvers<FoundTerminal | undefined> | undefined
  let over = new AbortController()
  return {
    expect: () => {
      wanted = Promise.withResolvers()
      over = new AbortController()
    },
    open: (terminal) => wanted?.resolve({ ...terminal, over: over.signal }),
    clear: () => {
      wanted?.resolve(undefined)
      wanted = undefined
      over.abort()
    },
    find: async () => await wanted?.promise,
  }
}

/** Offers a terminal to callers, and tells the log its size. */
export const offerTerminal = (input: {
  readonly terminal: TerminalProgram
  readonly size: TerminalSize
  readonly output: Pick<ReturnType<typeof agentOutput>, 'flush'>
  readonly frames: FrameWriter
  readonly place: TerminalPlace
}): void => {
  const { terminal, output, frames, place } = input
  let { columns, rows } = input.size
  frames.send({ k: 'size', columns, rows })
  place.open({
    write: async (bytes) => {
      if (!terminal.input.destroyed && !terminal.input.write(bytes)) await drained(terminal.input)
    },
    resize: (next) => {
      if (next.columns === columns && next.rows === rows) return
      ;({ columns, rows } = next)
      output.flush()
      terminal.resize(next)
      frames.send({ k: 'size', columns, rows })
    },
  })
}

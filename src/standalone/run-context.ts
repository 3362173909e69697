import type { StopSwitch } from '../inside/stop-switch.ts'
import type { Style } from '../views/style.ts'
import type { Places } from './places.ts'

export type Variables = Readonly<Record<string, string>>

/** What a run has of its process. */
export type RunContext = {
  readonly env: Variables
  readonly places: Places
  readonly stop: StopSwitch
  readonly hasTerminal: boolean
  readonly style: Style
  /** What the agent says. False: `drained` tells when more is taken. */
  readonly print: (line: string) => boolean
  readonly drained: (listener: () => void) => void
  /** What we say. */
  readonly complain: (line: string) => void
  readonly now: () => Date
}

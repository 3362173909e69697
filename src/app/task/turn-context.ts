import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'
import type { LiveTask } from './live-task.ts'

/** The turn that is worked on, and what this work asks. */
export type TurnContext = {
  readonly deps: Pick<Deps, 'config' | 'forges' | 'git' | 'installation'>
  readonly live: LiveTask
  readonly plan: Plan
  readonly engine: Engine
  /** Aborted when this work shall end, as when the supervisor shuts down: the next one goes on where the journal ends. */
  readonly signal: AbortSignal
  /** The folder of the further repository that it is narrowed to; absent: the main one. */
  readonly repository?: string
}

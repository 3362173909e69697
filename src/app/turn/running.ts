import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'
import type { LiveTask } from '../task/live-task.ts'
import type { TurnHistory } from '../task/turn-history.ts'
import type { TurnControl } from './control.ts'

/** A turn under way, with all that its parts work with. */
export type Running = {
  readonly deps: Pick<Deps, 'clock' | 'config' | 'egress' | 'engines' | 'git' | 'installation' | 'log'>
  readonly live: LiveTask
  readonly plan: Plan
  readonly engine: Engine
  readonly control: TurnControl
  readonly history: TurnHistory
  /** The supervisor leaves: the agent goes on, another takes over. */
  readonly end: AbortSignal
}

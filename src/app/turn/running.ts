import type { EarlyContainer } from '../../launch/early-steps.ts'
import type { Deps } from '../deps.ts'
import type { TurnContext } from '../task/turn-context.ts'
import type { TurnHistory } from '../task/turn-history.ts'
import type { TurnControl } from './control.ts'
import type { HeldToken } from './hold-token.ts'

/** A turn under way, with all that its parts work with. */
export type Running = TurnContext & {
  readonly deps: Pick<
    Deps,
    'clock' | 'config' | 'egress' | 'forges' | 'git' | 'installation' | 'log' | 'logins' | 'terminals' | 'tokens'
  >
  readonly control: TurnControl
  readonly history: TurnHistory
  readonly token: HeldToken
  /** Its container was started while it was planned. */
  readonly early?: EarlyContainer | undefined
}

import type { CompanyNetwork } from '../domain/company-network.ts'
import type { EventBody } from '../domain/event.ts'
import type { LiveRule } from '../domain/network/live-rules.ts'
import type { NetworkRule } from '../domain/network/rule.ts'
import type { Egress } from '../egress/egress.ts'
import type { Engine } from '../engines/engine.ts'
import type { Forges } from '../forges/forge.ts'
import type { CallerEnv, Git, OnToken } from '../git/git.ts'
import type { Plan } from '../plan/plan.ts'
import type { EarlySteps } from './early-steps.ts'
import type { ModelKey } from './gateway-task.ts'

/** What a launch works with. Secrets are here, in memory, and nowhere in the plan. */
export type LaunchDeps = {
  readonly plan: Plan
  readonly engine: Engine
  readonly git: Git
  readonly egress: Egress
  readonly callerEnv: CallerEnv
  /** Where a token for the repository comes from, and who hears of it; absent where nothing is fetched. */
  readonly forge?: Pick<Forges, 'of'> & { readonly onToken: OnToken }
  /** Resolves when the container's folder has a token of the forge; absent where nothing has one. */
  readonly tokenReady?: () => Promise<void>
  /** Has secrets masked in all that the task says from now on; absent where no step puts one into a container. */
  readonly hide?: (secrets: readonly string[]) => void
  /** The whole text that the agent reads. */
  readonly prompt: string
  readonly key: ModelKey
  /** The credential file of a login that goes into the container. */
  readonly loginFile?: string | null
  readonly company: CompanyNetwork
  /** The rules that came to the plan's; asked for when the gateway opens, which is after the fetch where it matters. */
  readonly addedRules: () => Promise<readonly NetworkRule[]>
  /** What a user allowed and denied the task, as it is when the gateway is told of it. */
  readonly liveRules: () => readonly LiveRule[] | undefined
  /** Values of the variables in plan.envFrom. */
  readonly env: Readonly<Record<string, string>>
  /** A container of this attempt that is there already. */
  readonly adopted: string | null
  /** Called as soon as the container has started. */
  readonly onContainer: (id: string) => void
  readonly mirrorsDir: string
  readonly emit: (...events: EventBody[]) => void
  /** Steps that were begun before this launch, which takes them as they are. */
  readonly early?: EarlySteps | undefined
  /** No task has it yet. */
  readonly isEarly?: boolean
  readonly signal: AbortSignal
}

import type { CallerContext } from '../../domain/caller-context.ts'
import { gatewayTask } from '../../launch/gateway-task.ts'
import type { Deps } from '../deps.ts'
import { findVariables } from '../planning/variables-again.ts'
import { rulesSince } from '../task/added-rules.ts'
import { lastPlan } from '../task/journal-plans.ts'
import type { LiveTask } from '../task/live-task.ts'
import { isOver } from './next-turn.ts'

/** Gives a taken-over task its caller context again, and the gateway its key. */
export const bringCallerContext = async ({
  deps,
  live,
  caller,
}: {
  readonly deps: Pick<Deps, 'config' | 'egress'>
  readonly live: LiveTask
  readonly caller: CallerContext
}): Promise<void> => {
  const plan = lastPlan(live)
  // A turn with a login opens the gateway by itself.
  const reference = plan.login === undefined ? (plan.model?.key ?? null) : null
  const key = reference === null ? null : await deps.config.credential(reference, caller.env).catch(() => null)
  if (reference !== null && key === null) return
  const { env } = findVariables({ deps, live, before: plan, caller, given: [] })
  live.provide({ callerEnv: caller.env, key, env })
  // A turn that is over needs no way out any more, only its clean-up.
  if (isOver(live, plan) || plan.login !== undefined) return
  if (plan.model === null && plan.network == null) return
  // Also where the gateway still has it: one that dies later is replaced with what was opened here.
  await deps.egress.open(gatewayTask(plan, { key }, deps.config.companyNetwork(caller.env), rulesSince(live)))
  if (isOver(live, plan)) await deps.egress.close(live.id)
}

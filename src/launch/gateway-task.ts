import type { CompanyNetwork } from '../domain/company-network.ts'
import { type LiveRule, withLiveRules } from '../domain/network/live-rules.ts'
import type { NetworkRule } from '../domain/network/rule.ts'
import { GATEWAY_SOCKET } from '../domain/worker-protocol.ts'
import type { GatewayModel, GatewayTask } from '../egress/egress.ts'
import type { Plan } from '../plan/plan.ts'

/** The key of a plan's model, or the token of its login with the headers that go with it. */
export type ModelKey = Pick<GatewayModel, 'key' | 'headers' | 'login'>
export const NO_KEY: ModelKey = { key: null }

/** What changed a plan's rules since it was made. */
export type RulesSince = {
  /** Those that its repository's file adds. */
  readonly added: readonly NetworkRule[]
  /** What a user allowed and denied. */
  readonly live: readonly LiveRule[] | undefined
}

/** Null for a plan without rules: nothing of its network is the gateway's. */
export const gatewayNetwork = (
  { network }: Pick<Plan, 'network'>,
  { added, live }: RulesSince,
): GatewayTask['network'] => (network == null ? null : { rules: withLiveRules([...network.rules, ...added], live) })

/** The gateway's rules for a plan's task. The plan names where the model's key comes from; the gateway gets the key. */
export const gatewayTask = (plan: Plan, key: ModelKey, company: CompanyNetwork, since: RulesSince): GatewayTask => ({
  task: plan.task,
  socket: `${plan.folders.socket}/${GATEWAY_SOCKET}`,
  model: plan.model === null ? null : { ...plan.model, ...key },
  company,
  network: gatewayNetwork(plan, since),
})

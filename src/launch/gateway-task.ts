import type { CompanyNetwork } from '../domain/company-network.ts'
import type { NetworkRule } from '../domain/network/rule.ts'
import { GATEWAY_SOCKET } from '../domain/worker-protocol.ts'
import type { GatewayTask } from '../egress/egress.ts'
import type { Plan } from '../plan/plan.ts'

/**
 * The gateway's rules for a plan's task. The plan names where the model's key comes from; the gateway gets the key.
 * `added`: what came to the plan's rules since. A plan without rules takes none: nothing of its network is the gateway's.
 */
export const gatewayTask = (
  { task, folders, model, network }: Plan,
  key: string | null,
  company: CompanyNetwork,
  added: readonly NetworkRule[] = [],
): GatewayTask => ({
  task,
  socket: `${folders.socket}/${GATEWAY_SOCKET}`,
  model: model === null ? null : { ...model, key },
  company,
  network: network == null ? null : { rules: [...network.rules, ...added] },
})

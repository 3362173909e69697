import type { LaunchDeps } from '../deps.ts'
import { gatewayTask } from '../gateway-task.ts'

/** Hands the gateway the task's rules and the key, and waits until it has acknowledged them. */
export const openGateway = async ({ plan, egress, key, company, addedRules, liveRules }: LaunchDeps): Promise<void> => {
  const added = await addedRules()
  // Not before: a rule that comes meanwhile is for the gateway that opens, or for the one that is open.
  await egress.open(gatewayTask(plan, key, company, { added, live: liveRules() }))
}

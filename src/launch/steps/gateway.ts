import type { LaunchDeps } from '../deps.ts'
import { gatewayTask } from '../gateway-task.ts'

/** Hands the gateway the task's rules and the key, and waits until it has acknowledged them. */
export const openGateway = async ({ plan, egress, key, company, addedRules }: LaunchDeps): Promise<void> => {
  await egress.open(gatewayTask(plan, key, company, await addedRules()))
}

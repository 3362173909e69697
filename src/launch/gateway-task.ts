import type { CompanyNetwork } from '../domain/company-network.ts'
import { GATEWAY_SOCKET } from '../domain/worker-protocol.ts'
import type { GatewayTask } from '../egress/egress.ts'
import type { Plan } from '../plan/plan.ts'

/** The gateway's rules for a plan's task. The plan names where the model's key comes from; the gateway gets the key. */
export const gatewayTask = (
  { task, folders, model }: Plan,
  key: string | null,
  company: CompanyNetwork,
): GatewayTask => ({
  task,
  socket: `${folders.socket}/${GATEWAY_SOCKET}`,
  model: model === null ? null : { ...model, key },
  company,
  network: null,
})

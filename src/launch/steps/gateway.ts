import { GATEWAY_SOCKET } from '../../domain/worker-protocol.ts'
import type { LaunchDeps } from '../deps.ts'

/** Hands the gateway the task's rules and the key, and waits until it has acknowledged them. */
export const openGateway = async ({ plan, egress, key }: LaunchDeps): Promise<void> => {
  const model =
    plan.model === null
      ? null
      : {
          upstream: plan.model.upstream,
          header: plan.model.header,
          placeholder: plan.model.placeholder,
          guarded: plan.model.guarded ?? false,
          ...(plan.model.failures === undefined ? {} : { failures: plan.model.failures }),
          key,
          caFile: null,
        }
  await egress.open({ task: plan.task, socket: `${plan.folders.socket}/${GATEWAY_SOCKET}`, model })
}

import { BerthError } from '../../domain/errors.ts'
import { orderFile, type WorkOrder } from '../../domain/worker-protocol.ts'
import type { LaunchDeps } from '../deps.ts'
import { writeOrder } from '../write-order.ts'

/** Writes the worker's order, complete or not at all: the agent may begin. */
export const releaseOrder = async ({ plan, env }: LaunchDeps): Promise<void> => {
  const { order } = plan
  const lost = plan.envFrom.filter((name) => env[name] === undefined)
  if (lost.length > 0)
    throw new BerthError(
      'bad-env',
      `the supervisor ended before the agent began, and the value of --env ${lost.join(', ')} ended with it; \`berth resume\` gives it again`,
    )
  const full: WorkOrder =
    order.run === null ? order : { ...order, run: { ...order.run, env: { ...order.run.env, ...env } } }
  await writeOrder(plan, { exchange: plan.folders.exchange, file: orderFile(plan.kept?.after ?? 0), order: full })
}

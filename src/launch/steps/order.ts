import { chmod, writeFile } from 'node:fs/promises'
import { BerthError } from '../../domain/errors.ts'
import { orderFile, type WorkOrder } from '../../domain/worker-protocol.ts'
import { moveIn } from '../../std/mounted-folder.ts'
import type { LaunchDeps } from '../deps.ts'

/** Writes the worker's order, complete or not at all: the agent may begin. */
export const releaseOrder = async ({ plan, env }: LaunchDeps): Promise<void> => {
  const { order, folders, owner } = plan
  const lost = plan.envFrom.filter((name) => env[name] === undefined)
  if (lost.length > 0)
    throw new BerthError(
      'bad-env',
      `the supervisor ended before the agent began, and the value of --env ${lost.join(', ')} ended with it; \`berth resume\` gives it again`,
    )
  const full: WorkOrder =
    order.run === null ? order : { ...order, run: { ...order.run, env: { ...order.run.env, ...env } } }
  const temporary = `${folders.task}/order.tmp`
  await writeFile(temporary, JSON.stringify(full), { mode: 0o644 })
  await chmod(temporary, owner === null && plan.container.userNamespace !== 'none' ? 0o600 : 0o644)
  moveIn(folders.exchange, orderFile(plan.kept?.after ?? 0), temporary)
}

import { tokenPaths } from '../../domain/task-paths.ts'
import type { Plan } from '../../plan/plan.ts'
import type { TokenPlace } from '../../token-daemon/protocol.ts'
import type { Deps } from '../deps.ts'

/** Where the token of a plan's task is kept, and for whom; undefined where tokens stay outside. */
export const tokenPlace = ({ task, folders, owner, tokenInside }: Plan): TokenPlace | undefined => {
  if (tokenInside === undefined) return undefined
  const { secrets: folder, daemon: socket, lock } = tokenPaths(folders)
  return { task, taskFolder: folders.task, folder, socket, lock, owner, ...tokenInside }
}

/** The token goes with its container, whoever has started the daemon. Idempotent. */
export const endToken = async ({ tokens }: Pick<Deps, 'tokens'>, plan: Plan): Promise<void> => {
  const place = tokenPlace(plan)
  if (place !== undefined) await tokens.end(place)
}

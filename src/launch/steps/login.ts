import { BerthError } from '../../domain/errors.ts'
import { INSIDE } from '../../domain/worker-protocol.ts'
import type { LaunchDeps } from '../deps.ts'
import { loginArchive } from '../login-archive.ts'

/** Puts the login's file into the container's home, for the agent's user alone. */
export const putLogin = async (
  { plan, engine, loginFile, signal }: LaunchDeps,
  launched: { readonly container: string },
): Promise<void> => {
  const { inside, container } = plan
  if (inside === undefined) return
  if (loginFile == null)
    throw new BerthError('login-failed', `${plan.task}: there is no login to put into the container`)
  await engine.putArchive(launched.container, INSIDE.home, loginArchive(inside.path, loginFile, container.user), signal)
}

import { tierOf } from '../domain/policy.ts'
import type { TaskRequest } from '../domain/request.ts'
import type { Facts } from './facts.ts'

/** The owner of a mounted folder. If the caller is root, the agent runs as that owner, so that it may write there. */
const folderOwner = ({ source }: Facts) =>
  source.kind === 'mount' && source.owner.uid !== 0 ? source.owner : undefined

/** A user that somebody asked for stays, and becomes root by the image's own programs. */
const mayBeRoot = (request: TaskRequest): boolean => request.user === undefined && tierOf(request)?.root === 'inside'

/**
 * The agent's user: on the host the caller; in a container never root, except where the container's root is the caller:
 * on rootless Docker, and on rootless Podman with a tier that has a root inside.
 */
export const planUser = (request: TaskRequest, facts: Facts) => {
  const { caller } = facts
  if (facts.host !== null) return { user: caller, owner: null, userNamespace: 'none' as const }
  const userNamespace = facts.engine.info.userNamespace
  const isRoot = userNamespace === 'root-is-caller' || (userNamespace === 'keep-id' && mayBeRoot(request))
  if (isRoot) return { user: { uid: 0, gid: 0 }, owner: null, userNamespace: 'root-is-caller' as const }
  const user = request.user ?? (caller.uid === 0 ? (folderOwner(facts) ?? { uid: 1000, gid: 1000 }) : caller)
  const owner = caller.uid === 0 && userNamespace === 'none' ? user : null
  return { user, owner, userNamespace }
}

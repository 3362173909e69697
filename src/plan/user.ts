import type { TaskRequest } from '../domain/request.ts'
import type { Facts } from './facts.ts'

/** The owner of a mounted folder. If the caller is root, the agent runs as that owner, so that it may write there. */
const folderOwner = ({ source }: Facts) =>
  source.kind === 'mount' && source.owner.uid !== 0 ? source.owner : undefined

/**
 * The agent's user: on the host the caller; in a container never root, except on rootless Docker, where the container's
 * root is the caller.
 */
export const planUser = (request: TaskRequest, facts: Facts) => {
  const { caller } = facts
  if (facts.host !== null) return { user: caller, owner: null, userNamespace: 'none' as const }
  const userNamespace = facts.engine.info.userNamespace
  if (userNamespace === 'root-is-caller') return { user: { uid: 0, gid: 0 }, owner: null, userNamespace }
  const user = request.user ?? (caller.uid === 0 ? (folderOwner(facts) ?? { uid: 1000, gid: 1000 }) : caller)
  const owner = caller.uid === 0 && userNamespace === 'none' ? user : null
  return { user, owner, userNamespace }
}

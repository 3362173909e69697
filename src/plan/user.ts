import type { TaskRequest } from '../domain/request.ts'
import type { Facts } from './facts.ts'

/** The owner of a folder that is worked on itself: root, who may be anybody here, becomes that one and not a stranger to it. */
const folderOwner = ({ source }: Facts) =>
  source.kind === 'mount' && source.owner.uid !== 0 ? source.owner : undefined

/** Who the agent is: on the host the caller; inside never root, and its files belong to the caller wherever the engine can do that. */
export const planUser = (request: TaskRequest, facts: Facts) => {
  const { caller } = facts
  if (facts.host !== null) return { user: caller, owner: null, userNamespace: 'none' as const }
  const userNamespace = facts.engine.info.userNamespace
  if (userNamespace === 'root-is-caller') return { user: { uid: 0, gid: 0 }, owner: null, userNamespace }
  const user = request.user ?? (caller.uid === 0 ? (folderOwner(facts) ?? { uid: 1000, gid: 1000 }) : caller)
  const owner = caller.uid === 0 && userNamespace === 'none' ? user : null
  return { user, owner, userNamespace }
}

import type { TaskRequest } from '../domain/request.ts'
import { clonesOf } from './clones-of.ts'
import type { Facts } from './facts.ts'

/** What is not in the task, and what is at stake in a mounted folder. */
export const sourceWarnings = (request: Pick<TaskRequest, 'submodules'>, facts: Facts): readonly string[] => {
  const source = facts.source
  const left = clonesOf(facts).flatMap(({ uncommitted, folder }) =>
    uncommitted.map((path) => (folder === undefined ? path : `${folder}/${path}`)),
  )
  return [
    ...(request.submodules !== 'none' && source.kind !== 'clone'
      ? [`--submodules ${request.submodules}: only a clone has submodules, so Berth ignores the flag`]
      : []),
    ...(left.length > 0
      ? [
          `uncommitted, so not part of the task: ${left.slice(0, 5).join(', ')}${left.length > 5 ? ` and ${left.length - 5} more` : ''}`,
        ]
      : []),
    ...(source.kind === 'mount'
      ? [
          `the agent works on ${source.folder} itself: Berth commits and pushes nothing, and its changes are there at once`,
        ]
      : []),
    ...(source.kind === 'mount' &&
    source.owner.uid === 0 &&
    facts.host === null &&
    facts.engine.info.userNamespace === 'none'
      ? [
          `${source.folder} belongs to root, and the agent never runs as root, so it can change only files that are open to everybody; give the folder to an ordinary user`,
        ]
      : []),
  ]
}

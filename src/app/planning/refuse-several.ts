import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'

const ONE = 'Name one repository, or leave the other setting out.'

type Asked = Pick<TaskRequest, 'repo' | 'repos' | 'folder' | 'source' | 'mode' | 'sharedTree' | 'gitCredentials'>

/** The settings that hold for a task with one repository alone. */
const alone = ({ source, mode, sharedTree, gitCredentials }: Asked): string | undefined => {
  if (source !== 'clone') return `--source ${source}`
  if (mode === 'review') return '--mode review'
  if (sharedTree) return '--shared-tree'
  return gitCredentials === 'inside' ? '--git-credentials inside' : undefined
}

/** Refuses several repositories where a task can have only one. */
export const refuseSeveral = (request: Asked): void => {
  if (request.repos.length === 0) {
    if (request.folder !== undefined)
      throw new BerthError('bad-request', `folder ${request.folder}: only a task with several repositories has folders`)
    return
  }
  if (request.repo === undefined)
    throw new BerthError('bad-request', 'repos: these are repositories beside the main one, and the task has none', {
      hint: 'Name the main repository as repo.',
    })
  const setting = alone(request)
  if (setting !== undefined)
    throw new BerthError('bad-request', `${setting}: a task with several repositories cannot have it`, { hint: ONE })
}

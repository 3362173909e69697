import { BerthError } from '../../domain/errors.ts'
import type { PullRequests } from '../forge.ts'
import type { RequestFor } from './api.ts'

/** Pull requests at GitHub. */
export const pullRequests = (_requests: RequestFor): PullRequests => {
  const none = async () => {
    throw new BerthError('forge-refused', 'Berth has no pull requests yet')
  }
  return { find: none, create: none, update: none, status: none }
}

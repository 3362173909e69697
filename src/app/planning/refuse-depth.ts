import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'

/** Refuses a depth where nothing is cloned, and where the turn needs more history than the depth leaves. */
export const refuseDepth = ({ depth, repo, source, mode }: TaskRequest): void => {
  if (depth === undefined) return
  if (repo === undefined || source !== 'clone')
    throw new BerthError('bad-request', '--depth: only a clone of a repository has a depth', {
      hint: 'Leave --depth out, or name a repository with --repo.',
    })
  if (mode === 'review')
    throw new BerthError('bad-request', '--depth: a review compares two branches, and needs their whole history', {
      hint: 'Leave --depth out.',
    })
}

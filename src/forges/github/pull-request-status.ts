import { BerthError } from '../../domain/errors.ts'
import type { ForgeCall, ForgePermissions, PullRequestStatus, PullRequests } from '../forge.ts'
import type { RequestFor } from './api.ts'
import { etagCache } from './etag-cache.ts'
import { PAGE, pages } from './pages.ts'
import { pullRequestOf } from './pull-request-of.ts'
import { checksOf, reviewsOf } from './pull-request-words.ts'
import { slug } from './repository-of.ts'

const READ: ForgePermissions = { contents: 'read', pullRequests: 'read' }
const CHECKS: ForgePermissions = { contents: 'read', checks: 'read' }

/** What GitHub says of a pull request. Answers are remembered: an unchanged one costs nothing of the rate limit. */
export const pullRequestStatus = (requests: RequestFor): PullRequests['status'] => {
  const remembered = etagCache()

  const checks = async (repository: string, sha: string, call: ForgeCall): Promise<PullRequestStatus['checks']> => {
    const what = `asked GitHub for the checks of ${sha.slice(0, 12)}`
    try {
      const request = await requests({ repository, permissions: CHECKS, what }, call)
      const at = { ...slug(repository), ref: sha, per_page: PAGE }
      const [runs, statuses] = await Promise.all([
        pages((page) =>
          remembered(`runs ${repository} ${sha} ${page}`, (headers) =>
            request('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', { ...at, page, headers }),
          ).then(({ check_runs }) => check_runs),
        ),
        pages((page) =>
          remembered(`status ${repository} ${sha} ${page}`, (headers) =>
            request('GET /repos/{owner}/{repo}/commits/{ref}/status', { ...at, page, headers }),
          ).then((combined) => combined.statuses),
        ),
      ])
      return checksOf(runs, statuses)
    } catch (error) {
      if (error instanceof BerthError && (error.code === 'app-permission' || error.code === 'forge-denied'))
        return 'unknown'
      throw error
    }
  }

  return async ({ repository, number }, call) => {
    const what = `asked GitHub for the pull request ${number}`
    const request = await requests({ repository, permissions: READ, what }, call)
    const at = { ...slug(repository), pull_number: number }
    const pull = await remembered(`pull ${repository} ${number}`, (headers) =>
      request('GET /repos/{owner}/{repo}/pulls/{pull_number}', { ...at, headers }),
    )
    const [reviews, worst] = await Promise.all([
      pages((page) =>
        remembered(`reviews ${repository} ${number} ${page}`, (headers) =>
          request('GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews', { ...at, per_page: PAGE, page, headers }),
        ),
      ),
      checks(repository, pull.head.sha, call),
    ])
    return { ...pullRequestOf(pull), checks: worst, reviews: reviewsOf(reviews) }
  }
}

import { BerthError } from '../../domain/errors.ts'
import type { ForgeCall, ForgePermissions, PullRequestStatus, PullRequests } from '../forge.ts'
import type { RequestFor } from './api.ts'
import { PAGE, pages } from './pages.ts'
import { pullRequestOf } from './pull-request-of.ts'
import { checksOf, reviewsOf } from './pull-request-words.ts'
import { slug } from './repository-of.ts'

const READ: ForgePermissions = { contents: 'read', pullRequests: 'read' }
const CHECKS: ForgePermissions = { contents: 'read', checks: 'read' }

/** What GitHub says of a pull request. */
export const pullRequestStatus = (requests: RequestFor): PullRequests['status'] => {
  const checks = async (repository: string, sha: string, call: ForgeCall): Promise<PullRequestStatus['checks']> => {
    const what = `asked GitHub for the checks of ${sha.slice(0, 12)}`
    try {
      const request = await requests({ repository, permissions: CHECKS, what }, call)
      const at = { ...slug(repository), ref: sha, per_page: PAGE }
      const [runs, statuses] = await Promise.all([
        pages(
          async (page) =>
            (await request('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', { ...at, page })).data.check_runs,
        ),
        pages(
          async (page) =>
            (await request('GET /repos/{owner}/{repo}/commits/{ref}/status', { ...at, page })).data.statuses,
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
    const pull = pullRequestOf((await request('GET /repos/{owner}/{repo}/pulls/{pull_number}', at)).data)
    const [reviews, worst] = await Promise.all([
      pages(
        async (page) =>
          (await request('GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews', { ...at, per_page: PAGE, page }))
            .data,
      ),
      checks(repository, pull.sha, call),
    ])
    return { ...pull, checks: worst, reviews: reviewsOf(reviews) }
  }
}

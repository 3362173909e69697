import { BerthError } from '../../domain/errors.ts'
import { errorMessage } from '../../std/error-message.ts'
import type { ForgeCall, ForgePermissions, PullRequests } from '../forge.ts'
import type { Request, RequestFor } from './api.ts'
import { PAGE, pages } from './pages.ts'
import { type Pull, pullRequestOf } from './pull-request-of.ts'
import { pullRequestStatus } from './pull-request-status.ts'
import { slug } from './repository-of.ts'

const READ: ForgePermissions = { contents: 'read', pullRequests: 'read' }
const WRITE: ForgePermissions = { contents: 'read', pullRequests: 'write' }

/** A person, or a team: of that GitHub wants the name without the organization. */
const reviewersOf = (name: string) =>
  name.includes('/') ? { team_reviewers: [name.slice(name.indexOf('/') + 1)] } : { reviewers: [name] }

const NOT_TAKEN: ReadonlySet<string> = new Set(['forge-refused', 'forge-denied', 'app-permission'])

/** What GitHub does not take is told and stops nothing; what it may take later does. */
const taken = async (ask: () => Promise<unknown>): Promise<readonly string[]> => {
  try {
    await ask()
    return []
  } catch (error) {
    if (error instanceof BerthError && NOT_TAKEN.has(error.code)) return [errorMessage(error)]
    throw error
  }
}

/** Pull requests at GitHub. */
export const pullRequests = (requests: RequestFor): PullRequests => {
  const asker = (repository: string, permissions: ForgePermissions, what: string, call: ForgeCall): Promise<Request> =>
    requests({ repository, permissions, what }, call)

  return {
    find: async ({ repository, head }, call) => {
      const request = await asker(repository, READ, `asked GitHub for the pull requests of ${head}`, call)
      const { owner, repo } = slug(repository)
      const found = await pages<Pull>(async (page) => {
        const asked = { owner, repo, head: `${owner}:${head}`, state: 'all', direction: 'desc' } as const
        return (await request('GET /repos/{owner}/{repo}/pulls', { ...asked, per_page: PAGE, page })).data
      })
      // A fork of the same owner may have a branch of the same name.
      const isHere = ({ head: { repo: from } }: Pull) => from?.full_name.toLowerCase() === repository.toLowerCase()
      return found.flatMap((pull) => {
        const told = pullRequestOf(pull)
        return told.head === head && isHere(pull) ? [told] : []
      })
    },
    create: async ({ repository, head, base, title, body, draft }, call) => {
      const request = await asker(repository, WRITE, `opened a pull request from ${head} to ${base}`, call)
      const asked = { ...slug(repository), head, base, title, body, draft }
      return pullRequestOf((await request('POST /repos/{owner}/{repo}/pulls', asked)).data)
    },
    decorate: async ({ repository, number, labels, reviewers }, call) => {
      const at = slug(repository)
      const refused: string[] = []
      if (labels.length > 0) {
        const request = await asker(repository, WRITE, `labelled it ${labels.join(', ')}`, call)
        const asked = { ...at, issue_number: number, labels: [...labels] }
        refused.push(...(await taken(() => request('POST /repos/{owner}/{repo}/issues/{issue_number}/labels', asked))))
      }
      // GitHub takes all of a list or nothing.
      for (const reviewer of reviewers) {
        const request = await asker(repository, WRITE, `asked ${reviewer} for a review`, call)
        const asked = { ...at, pull_number: number, ...reviewersOf(reviewer) }
        refused.push(
          ...(await taken(() => request('POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers', asked))),
        )
      }
      return refused
    },
    update: async ({ repository, number, body }, call) => {
      const request = await asker(repository, WRITE, `updated the pull request ${number}`, call)
      const asked = { ...slug(repository), pull_number: number, body }
      return pullRequestOf((await request('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', asked)).data)
    },
    status: pullRequestStatus(requests),
  }
}

import type { CallerContext } from '../../domain/caller-context.ts'
import { BerthError } from '../../domain/errors.ts'
import { type TaskRequest, wantsPullRequest } from '../../domain/request.ts'
import { shownSource } from '../../domain/shown-source.ts'
import type { Source } from '../../domain/source.ts'
import type { SeenRefs } from '../../git/git.ts'
import type { PullRequestOrder } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'
import { forgeOf } from './forge-of.ts'

const LEAVE_OUT = 'Leave --pr out, and open the pull request yourself.'

/** The forge that takes a pull request for the repository of a URL. Throws bad-request where there is none. */
export const pullRequestForge = (deps: Pick<Deps, 'forges'>, url: string): NonNullable<ReturnType<typeof forgeOf>> => {
  const found = forgeOf(deps, url)
  if (found !== undefined) return found
  throw new BerthError(
    'bad-request',
    `a pull request for ${shownSource(url)}: Berth has no credentials for a forge at this host`,
    {
      hint: `Berth opens pull requests at ${deps.forges.host} alone, the host of github.api-url, with an App or a token in [github] (docs/github.md). ${LEAVE_OUT}`,
    },
  )
}

/** Refuses a pull request where nothing would be pushed to a forge that Berth has credentials for. */
export const refusePullRequest = (deps: Pick<Deps, 'forges'>, request: TaskRequest, source: Source): void => {
  if (!wantsPullRequest(request)) return
  if (source.kind === 'none')
    throw new BerthError('bad-request', '--pr opens a pull request in a repository: it needs a --repo')
  if (request.source !== 'clone')
    throw new BerthError('bad-request', `--pr: Berth pushes nothing from --source ${request.source}`)
  if (source.kind === 'local')
    throw new BerthError('bad-request', `--pr: ${request.repo} is a local folder, which takes no pull request`, {
      hint: 'Name the repository by its URL, or as owner/name.',
    })
  if (request.mode === 'review')
    throw new BerthError('bad-request', '--pr: a review changes nothing, so there is nothing to open')
  if (request.push === 'none')
    throw new BerthError('bad-request', '--pr opens a pull request for a pushed branch, and --push none pushes nothing')
  pullRequestForge(deps, source.url)
}

type Input = {
  readonly deps: Pick<Deps, 'forges'>
  readonly request: TaskRequest
  readonly task: string
  readonly caller: CallerContext
  readonly signal: AbortSignal
}
type Remote = {
  readonly branch: string | null
  readonly defaultBranch: string | null
  readonly seen: Pick<SeenRefs, 'heads'> | null
}

/**
 * Where the pull request goes; undefined if none is asked for. Refuses one that could not be opened: without credentials
 * that may, without a base, or against a base that does not exist or is the pushed branch itself.
 */
export const observePullRequest = async (
  { deps, request, task, caller, signal }: Input,
  url: string,
  remote: Remote,
): Promise<Pick<PullRequestOrder, 'repository' | 'base'> | undefined> => {
  if (!wantsPullRequest(request)) return undefined
  const { forge, repository } = pullRequestForge(deps, url)
  const base = request.prBase ?? request.branch ?? remote.branch ?? remote.defaultBranch
  if (base === null)
    throw new BerthError('bad-request', "the remote's HEAD names no branch, so a pull request needs --pr-base")
  if (base === (request.pushTo ?? `berth/${task}`))
    throw new BerthError('bad-request', `--pr: a pull request cannot go from the branch ${base} into itself`, {
      hint: 'Name another branch with --push-to or --pr-base.',
    })
  if (remote.seen !== null && !remote.seen.heads.includes(base))
    throw new BerthError(
      'ref-not-found',
      `${request.prBase === undefined ? 'open a pull request' : '--pr-base'}: the remote has no branch ${base}`,
    )
  const permissions = { contents: 'write', pullRequests: 'write' } as const
  await forge.check({ repository, permissions }, { callerEnv: caller.env, signal })
  return { repository, base }
}

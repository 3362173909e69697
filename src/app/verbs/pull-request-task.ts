import type { CallerContext } from '../../domain/caller-context.ts'
import { BerthError } from '../../domain/errors.ts'
import type { PullRequestReport, TaskRecord } from '../../domain/task.ts'
import type { ForgeCall } from '../../forges/forge.ts'
import { pullRequestTo } from '../../plan/delivery.ts'
import type { PullRequestOrder } from '../../plan/plan.ts'
import { errorMessage } from '../../std/error-message.ts'
import { openPullRequest } from '../delivery/open-pull-request.ts'
import { pushWork } from '../delivery/push-work.ts'
import type { Deps } from '../deps.ts'
import { pullRequestForge } from '../planning/observe-pull-request.ts'
import { askedRequest } from '../task/asked-request.ts'
import type { LiveTask } from '../task/live-task.ts'
import { type Publishing, publishKept } from './push-task.ts'

/** Where the pull request of a task goes that was not told to open one. */
const orderFor = async (
  deps: Pick<Deps, 'forges'>,
  live: LiveTask,
  url: string,
  call: ForgeCall,
): Promise<PullRequestOrder> => {
  const { forge, repository } = pullRequestForge(deps, url)
  const asked = askedRequest(live)
  const { branch } = live.record.repository
  const named = asked.prBase ?? (branch === `berth/${live.id}` ? null : branch)
  const base = named ?? (await forge.repository(repository, call)).defaultBranch
  if (base === null) throw new BerthError('not-allowed', `${repository} has no default branch to merge into`)
  return pullRequestTo(asked, { repository, base })
}

/** Opens the pull request of a finished task, or updates it. Pushes the work first if the remote lacks it. */
export const openPullRequestOf = async (
  input: Publishing & { readonly draft: boolean | undefined },
): Promise<TaskRecord> => {
  const { deps, caller, draft } = input
  return await publishKept({ ...input, verb: 'pr' }, async ({ context, delivery, sha, outcome }) => {
    const { url } = delivery
    const { live, signal } = context
    const { pushed } = live.record
    const isPushed = pushed?.sha === sha
    const head = isPushed ? pushed.branch : delivery.branch
    const order = delivery.pr ?? (await orderFor(deps, live, url, { callerEnv: caller.env, signal }))
    if (order.base === head)
      throw new BerthError('not-allowed', `${live.id} pushes to ${head}, and no branch is merged into itself`)
    const told = isPushed
      ? { ...outcome, reason: `pushed ${head}` }
      : await pushWork({ context, outcome, sha, delivery })
    if (!isPushed && told.class === 'push') throw new BerthError('push-failed', told.reason)
    const opened = await openPullRequest({
      context,
      outcome: { ...told, result: 'done', class: 'ok' },
      order: { ...order, draft: draft ?? order.draft },
      url,
      head,
      sha: live.record.pushed?.sha ?? sha,
    })
    if (opened.class === 'push') throw new BerthError('pr-failed', opened.reason)
  })
}

/** How long `berth status` waits for the forge. */
const LIMIT_MS = 3000

/** What the forge says of the task's pull request now; what the journal says of it if the forge does not answer. */
export const pullRequestStatus = async (input: {
  readonly deps: Pick<Deps, 'forges'>
  readonly record: TaskRecord
  readonly caller: CallerContext
  readonly signal: AbortSignal
}): Promise<PullRequestReport | null> => {
  const { deps, record, caller, signal } = input
  const { pr, pushed } = record
  if (pr === undefined || pushed === null) return null
  try {
    const { forge, repository } = pullRequestForge(deps, pushed.remote)
    const limited = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)])
    const call = { callerEnv: caller.env, signal: limited }
    const { number, url, state, checks, reviews } = await forge.pullRequests.status(
      { repository, number: pr.number },
      call,
    )
    return { number, url, state, checks, reviews }
  } catch (error) {
    signal.throwIfAborted()
    const isLate = error instanceof Error && error.name === 'TimeoutError'
    const reason = isLate ? `${deps.forges.host} did not answer in ${LIMIT_MS / 1000} s` : errorMessage(error)
    return { ...pr, checks: null, reviews: null, reason }
  }
}

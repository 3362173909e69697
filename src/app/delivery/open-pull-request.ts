import { BerthError } from '../../domain/errors.ts'
import type { Outcome } from '../../domain/outcome.ts'
import { isOfTask, pullRequestBody, pullRequestTitle, updatedBody } from '../../domain/pull-request-text.ts'
import type { PullRequestRef } from '../../domain/task.ts'
import type { Forge, ForgeCall, PullRequest } from '../../forges/forge.ts'
import type { PullRequestOrder } from '../../plan/plan.ts'
import { errorMessage } from '../../std/error-message.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { retry } from '../../std/retry.ts'
import { pullRequestForge } from '../planning/observe-pull-request.ts'
import { askedRequest } from '../task/asked-request.ts'
import { lastMessage } from '../task/last-message.ts'
import type { TurnContext } from '../task/turn-context.ts'
import { withCaller } from './with-caller.ts'

type Input = {
  readonly context: TurnContext
  /** What came of the turn, its push included. */
  readonly outcome: Outcome
  readonly order: PullRequestOrder
  readonly url: string
  /** The pushed branch, and its commit. */
  readonly head: string
  readonly sha: string
}

/** How long the forge has for all that is asked of it. */
const LIMIT_MS = 120_000

/** The outcome of a turn whose pull request is there. */
export const withPullRequest = (outcome: Outcome, { number, state }: PullRequestRef): Outcome => {
  const is = state === 'merged' || state === 'closed' ? `, which is ${state}` : ''
  return { ...outcome, reason: `${outcome.reason}, pull request #${number}${is}` }
}

const isOpen = ({ state }: PullRequest) => state === 'open' || state === 'draft'

/**
 * The pull request that is there for this work: the task's own, by its number or its trailer, or an open one into the same
 * base. One that was closed or merged stands only for the commit that it ended with. Undefined: a new one is due.
 */
const choose = ({ context: { live }, order, sha }: Input, found: readonly PullRequest[]): PullRequest | undefined => {
  const own = found.filter(({ number, body }) => number === live.record.pr?.number || isOfTask(live.id, body))
  return (
    own.find(isOpen) ??
    found.find((one) => isOpen(one) && one.base === order.base) ??
    own.find((one) => one.sha === sha)
  )
}

/** What the agent said last; of a turn without a word that of the turn before. */
const summaryOf = ({ context: { live, plan } }: Input): string => {
  for (let turn = plan.turn; turn > 0; turn -= 1) {
    const text = lastMessage(live, turn)
    if (text.trim() !== '') return live.redact(text)
  }
  return ''
}

const titleOf = ({ context: { live } }: Input): string => {
  const { commits, title } = live.record
  const [only, ...more] = commits
  const subject = more.length === 0 ? only?.subject : undefined
  return live.redact(pullRequestTitle(live.id, [askedRequest(live).title, subject, title]))
}

type Asked = { readonly forge: Forge; readonly repository: string; readonly call: ForgeCall }

const create = async (input: Input, { forge, repository, call }: Asked): Promise<PullRequest> => {
  const { context, order, head } = input
  const { base, draft } = order
  faultPoint('pr.before')
  try {
    const body = pullRequestBody(context.live.id, summaryOf(input))
    const created = await forge.pullRequests.create(
      { repository, head, base, draft, title: titleOf(input), body },
      call,
    )
    faultPoint('pr.created')
    return created
  } catch (error) {
    if (!(error instanceof BerthError) || error.code !== 'forge-refused') throw error
    // The forge's list may be behind: it refuses a second one for the same branches.
    const there = choose(input, await forge.pullRequests.find({ repository, head }, call))
    if (there === undefined) throw error
    return await update(input, { forge, repository, call }, there)
  }
}

const update = async (input: Input, { forge, repository, call }: Asked, there: PullRequest): Promise<PullRequest> => {
  const body = updatedBody(input.context.live.id, there.body, summaryOf(input))
  if (body === there.body || !isOpen(there)) return there
  return await forge.pullRequests.update({ repository, number: there.number, body }, call)
}

/** Opens or updates it at the forge, and journals that. */
const bring = async (input: Input, forge: Forge, call: ForgeCall): Promise<PullRequestRef> => {
  const { context, order, head } = input
  const { live, plan } = context
  const { name: repository } = await forge.repository(order.repository, call)
  const asked = { forge, repository, call }
  const there = choose(input, await forge.pullRequests.find({ repository, head }, call))
  const { number, url, state, base } = await (there === undefined ? create(input, asked) : update(input, asked, there))
  if (live.record.pr?.number === number) {
    await live.commit({ type: 'pr.updated', turn: plan.turn, number, url, state })
    return { number, url, state }
  }
  const { labels, reviewers } = order
  const refused =
    labels.length + reviewers.length === 0
      ? []
      : await forge.pullRequests.decorate({ repository, number, labels, reviewers }, call)
  for (const why of refused)
    live.append({ type: 'notice', level: 'warning', text: `pull request #${number}: ${live.redact(why)}` })
  faultPoint('pr.decorated')
  await live.commit({ type: 'pr.opened', turn: plan.turn, number, url, state, head, base })
  return { number, url, state }
}

/** A token of the settings may be in the caller's variables: where they were lost with a supervisor, it waits for them. */
const withToken = async <T>(
  context: TurnContext,
  work: (callerEnv: ForgeCall['callerEnv']) => Promise<T>,
): Promise<T> => {
  const { callerContext } = context.live
  try {
    return await work(callerContext?.callerEnv ?? {})
  } catch (error) {
    if (callerContext !== null || !(error instanceof BerthError) || error.code !== 'no-credentials') throw error
    const why = `the pull request needs your credentials, which were lost with the supervisor: run any berth command in a shell that has them (${error.message})`
    return await withCaller(context, why, work)
  }
}

/** Pauses between tries, in milliseconds: a forge that is restarted, or has had enough for a moment. */
const DELAYS = [1000, 5000, 15_000]

const mayPass = (error: unknown) => error instanceof BerthError && error.code === 'forge-unreachable'

const isExpected = (error: unknown) =>
  error instanceof BerthError || (error instanceof Error && error.name === 'TimeoutError')

/**
 * Opens a pull request for the pushed branch, or updates the one that is there, and says so in the outcome. Can be
 * repeated: nobody gets a second one, wherever a supervisor was killed. The work stays pushed if it fails.
 */
export const openPullRequest = async (input: Input, delays: readonly number[] = DELAYS): Promise<Outcome> => {
  const { context, outcome, url, head } = input
  const { deps, live, plan, signal } = context
  try {
    const { forge } = pullRequestForge(deps, url)
    const limited = () => AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)])
    const once = () => withToken(context, (callerEnv) => bring(input, forge, { callerEnv, signal: limited() }))
    // Two tasks that push to one branch would undo each other's part of the body.
    const there = await deps.git.oneByOne(
      `${url} ${head} pr`,
      () => retry(once, { while: mayPass, delays, signal }),
      signal,
    )
    faultPoint('pr.told')
    return withPullRequest(outcome, there)
  } catch (error) {
    signal.throwIfAborted()
    if (!isExpected(error)) throw error
    const reason = live.redact(errorMessage(error))
    live.append({ type: 'pr.failed', turn: plan.turn, reason })
    const done = `${head} is pushed, but its pull request failed`
    return {
      ...outcome,
      result: 'failed',
      class: 'push',
      reason: `${done}: ${reason} (\`berth pr ${live.id}\` tries again)`,
    }
  }
}

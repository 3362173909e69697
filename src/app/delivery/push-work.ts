import type { Outcome } from '../../domain/outcome.ts'
import type { PushResult } from '../../git/git.ts'
import type { Plan } from '../../plan/plan.ts'
import { sshKeyOf } from '../../plan/ssh-key.ts'
import { faultPoint } from '../../std/fault-point.ts'
import type { HeldContext } from '../task/held-context.ts'
import { recordToken } from '../task/record-token.ts'
import type { TurnContext } from '../task/turn-context.ts'
import { amendedFrom, amendWork } from './amend-work.ts'
import { moveWorkspace } from './move-workspace.ts'
import { type Rebased, rebaseWork } from './rebase-work.ts'
import { unlessStopped } from './unless-stopped.ts'
import { withCaller } from './with-caller.ts'

export type PushDelivery = Extract<Plan['delivery'], { kind: 'push' }>
type Input = {
  readonly context: TurnContext
  readonly outcome: Outcome
  readonly sha: string
  readonly delivery: PushDelivery
  /** How often an earlier supervisor has rebased it. */
  readonly rebased?: number
}
type Raced = Extract<PushResult, { kind: 'raced' }>
type Sides = { readonly ours: string; readonly theirs: string; readonly conflicts?: readonly string[] }

const RETRIES = 3
const MOST_NAMES = 10

const named = ({ ours, theirs }: Sides) => `our ${ours.slice(0, 12)}, their ${theirs.slice(0, 12)}`

const pushed = ({ context: { live, plan }, outcome, delivery }: Input, sha: string): Outcome => {
  const { url: remote, branch } = delivery
  live.append({ type: 'work.pushed', turn: plan.turn, remote, branch, sha })
  faultPoint('push.told')
  return { ...outcome, result: 'done', class: 'ok', reason: `pushed ${branch}` }
}

const failed = (
  { context: { live, plan }, outcome, delivery }: Input,
  kind: string,
  reason: string,
  sides?: Sides,
): Outcome => {
  const { url: remote, branch } = delivery
  live.append({ type: 'push.failed', turn: plan.turn, remote, branch, reason, ...sides })
  return { ...outcome, result: 'failed', class: 'push', reason: `push to ${branch} ${kind}: ${reason}` }
}

/** Why a push that lost a race is not tried again. */
const lost = (input: Input, most: number, sides: Sides, words: string): Outcome => {
  const tries = most === 1 ? 'after the one try' : `at each of ${most} tries`
  const why =
    most === 0 ? 'the branch has moved, and --push-retries 0 forbids a rebase' : `the branch moved again ${tries}`
  return failed(input, 'rejected', `${why} (${named(sides)}): ${words}`, sides)
}

const unfit = (input: Input, sides: Sides, result: Extract<Rebased, { kind: 'conflict' | 'failed' }>): Outcome => {
  if (result.kind === 'failed') {
    const reason = `the branch has moved (${named(sides)}), and the work could not be rebased: ${result.why}`
    return failed(input, 'rejected', reason, sides)
  }
  const { files, at } = result
  const more = files.length > MOST_NAMES ? ` and ${files.length - MOST_NAMES} more` : ''
  const where = `${files.slice(0, MOST_NAMES).join(', ')}${more}${at === '' ? '' : `, at "${at}"`}`
  const reason = `the branch has moved, and both sides changed the same lines (${named(sides)}): conflict in ${where}`
  return failed(input, 'rejected', reason, { ...sides, conflicts: files })
}

/** Where the branch is now: it may have moved again while others had their turn. */
const headNow = async ({ context: { deps, live, plan, signal }, delivery }: Input, seen: string): Promise<string> => {
  const callerEnv = live.callerContext?.callerEnv ?? {}
  const found = await deps.git
    .resolve(delivery.url, `refs/heads/${delivery.branch}`, callerEnv, signal, {
      onToken: recordToken(live, plan.turn),
      ...sshKeyOf(plan),
    })
    .catch(() => null)
  signal.throwIfAborted()
  return found?.sha ?? seen
}

/** One push; where the caller's credentials were lost with a supervisor it waits for them, and tries again. */
const pushOnce = async ({ context, sha, delivery }: Input): Promise<PushResult> => {
  const { deps, live, plan, signal } = context
  const { url, branch, mode } = delivery
  const earlier = live.record.pushed
  const expected = earlier !== null && earlier.branch === branch ? earlier.sha : delivery.expected
  const { publish } = plan.folders
  const onToken = recordToken(live, plan.turn)
  const { source } = plan
  const lfs = source.kind === 'clone' && source.lfs === true ? { lfs: { mirror: source.mirror, base: source.sha } } : {}
  const madeFrom = plan.amendment === undefined ? sha : amendedFrom(live, sha)
  const attempt = (callerEnv: HeldContext['callerEnv']) =>
    deps.git.push({
      ...{ publish, url, sha, madeFrom, branch, mode, expected, callerEnv, onToken, signal },
      ...sshKeyOf(plan),
      ...lfs,
    })
  const result = await attempt(live.callerContext?.callerEnv ?? {})
  if (result.ok || result.kind === 'rejected' || result.kind === 'raced' || live.callerContext !== null) return result
  // No caller has better ones.
  if (result.own) return result
  const why = `the push needs your credentials, which were lost with the supervisor: run any berth command in a shell that has them (${result.reason})`
  return await withCaller(context, why, attempt)
}

/** Rebases and pushes until it is in time, or the tries are used up. */
const pushAgain = async (input: Input, sha: string, first: Raced): Promise<Outcome> => {
  const { context, delivery } = input
  const { live, plan, signal } = context
  const { url: remote, branch } = delivery
  const most = delivery.retries ?? RETRIES
  let ours = sha
  let result = first
  for (let attempt = (input.rebased ?? 0) + 1; attempt <= most; attempt += 1) {
    const theirs = await headNow(input, result.theirs)
    await live.commit({ type: 'push.raced', turn: plan.turn, remote, branch, ours, theirs, attempt, most })
    faultPoint('rebase.raced')
    const callerEnv = live.callerContext?.callerEnv ?? {}
    const rebased = await unlessStopped(live, signal, (either) =>
      rebaseWork({
        ...{ context: { ...context, signal: either }, branch, ours, theirs, callerEnv },
        work: amendedFrom(live, ours),
      }),
    )
    if (rebased.kind === 'there') return pushed(input, ours)
    if (rebased.kind !== 'ready') return unfit(input, { ours, theirs }, rebased)
    const amended = await amendWork(context, rebased.sha)
    if (amended.kind === 'failed') return failed(input, 'refused', amended.why)
    ours = amended.sha
    const again = await pushOnce({ ...input, sha: ours })
    faultPoint('rebase.pushed')
    if (again.ok) return pushed(input, ours)
    if (again.kind !== 'raced') return failed(input, again.kind, again.reason)
    result = again
  }
  return lost(input, most, { ours, theirs: result.theirs }, result.reason)
}

/**
 * Pushes; onto a branch that is only moved forward, and that somebody else has moved meanwhile, the work is rebased and
 * pushed again. Tasks of ours do so one after the other, so that they do not use up each other's tries.
 */
const pushOrRebase = async (given: Input): Promise<Outcome> => {
  const { delivery } = given
  const { deps, live, plan, signal } = given.context
  // The first of several repositories has told it.
  if (live.record.phase !== 'publishing') live.append({ type: 'turn.phase', turn: plan.turn, phase: 'publishing' })
  const amended = await amendWork(given.context, given.sha)
  if (amended.kind === 'failed') return failed(given, 'refused', amended.why)
  const { sha } = amended
  const input = { ...given, sha }
  faultPoint('push.before')
  const result = await pushOnce(input)
  faultPoint('push.after')
  if (result.ok) return pushed(input, sha)
  if (result.kind !== 'raced') return failed(input, result.kind, result.reason)
  if (live.record.rewritten === true && sha === live.record.head)
    return failed(
      input,
      'refused',
      'the agent rewrote the history, so it does not build on the branch: Berth keeps the work and does not rebase it',
    )
  return await deps.git.oneByOne(`${delivery.url} ${delivery.branch}`, () => pushAgain(input, sha, result), signal)
}

/**
 * Pushes a commit of the task's publish repository, journals what came of it, and says it in the outcome. The workspace
 * follows work that was made again or rebased, and pushed.
 */
export const pushWork = async (input: Input): Promise<Outcome> => {
  const outcome = await pushOrRebase(input)
  const mayDiffer = input.delivery.mode === 'fast-forward' || input.context.plan.amendment !== undefined
  if (outcome.class === 'ok' && mayDiffer) await moveWorkspace(input.context)
  return outcome
}

import { BerthError } from '../../domain/errors.ts'
import type { EventBody } from '../../domain/event.ts'
import type { OtherWork } from '../../domain/other-work.ts'
import type { Outcome } from '../../domain/outcome.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import { type Frame, PATCH_FILE } from '../../domain/worker-protocol.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { takeFile } from '../../std/take-file.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import { otherNames } from '../../views/other-work.ts'
import { countPatch } from '../task/count-patch.ts'
import type { TurnContext } from '../task/turn-context.ts'
import type { WorkHistory } from '../task/turn-history.ts'
import { moveWorkspace } from './move-workspace.ts'
import { offBranch } from './off-branch.ts'
import { openPullRequest, withPullRequest } from './open-pull-request.ts'
import { type PushDelivery, pushWork } from './push-work.ts'
import type { WorkTaker } from './take-work.ts'

const BRANCHES = 'refs/berth/take/heads/'
const PATCH_BYTES = 512 * 1024 ** 2

type Taken = NonNullable<Awaited<ReturnType<WorkTaker['taken']>>>

type Input = WorkHistory & {
  readonly context: TurnContext
  readonly outcome: Outcome
  readonly work: Extract<Frame, { k: 'work' }> | null
  readonly taker: WorkTaker
}

/** The turn's outcome as it is for one repository, and whether something of that one was pushed, or was to be. */
export type Delivered = { readonly outcome: Outcome; readonly is?: 'pushed' | 'nothing' }

/** Tells an event, unless an earlier supervisor has told it and was lost on the way to the turn's end. */
const once = ({ context: { live }, journaledTypes }: Input, event: EventBody): void => {
  if (!journaledTypes.has(event.type)) live.append(event)
}

const MOST_NAMED = 5

const warnOfLfs = ({ context: { live }, journaledTypes }: Input, files: readonly string[]): void => {
  if (files.length === 0 || journaledTypes.has('work.kept')) return
  const more = files.length > MOST_NAMED ? ` and ${files.length - MOST_NAMED} more` : ''
  const text = `committed as plain files, although .gitattributes assigns them to Git LFS: ${files.slice(0, MOST_NAMED).map(terminalLine).join(', ')}${more}`
  live.append({ type: 'notice', level: 'warning', text })
}

const MOST_UNKEPT = 200
const MOST_NAME = 1000

/** What the worker says that it left in the work folder: its word, which can only keep the workspace from going. */
const unkept = ({ work }: Input): readonly OtherWork[] => {
  const names = (work?.unkept ?? []).slice(0, MOST_UNKEPT)
  return names.map((name) => ({ name: name.slice(0, MOST_NAME), sha: null }))
}

const named = (others: readonly OtherWork[]) => (others.length > 0 ? { others } : {})

type RecordedWork = { readonly head: string | null; readonly others: readonly OtherWork[]; readonly why: string }

/** Why there is nothing to push, though something may be kept. */
const whyNothing = (others: readonly OtherWork[]): string =>
  others.length === 0
    ? 'the agent changed nothing'
    : `the agent left HEAD without new commits; new work on ${otherNames(others)}`

/** What the worker reports of files, for the event. */
const reportOf = ({ work }: Input) => ({
  uncommitted: work?.uncommitted ?? [],
  ...(work?.left === undefined ? {} : { left: work.left }),
  committed: work?.committed ?? false,
})

/** Records a turn without a commit or a change of a file. */
const recordNothing = (input: Input, base: string): RecordedWork => {
  const others = unkept(input)
  once(input, {
    type: 'work.kept',
    turn: input.context.plan.turn,
    base,
    head: base,
    commits: [],
    branches: [],
    wip: null,
    changes: { files: 0, insertions: 0, deletions: 0 },
    ...reportOf(input),
    ...named(others),
  })
  return { head: null, others, why: whyNothing(others) }
}

/** Records the commits and the uncommitted files that were taken. */
const recordTaken = (input: Input, base: string, taken: Taken): RecordedWork => {
  const { live, plan } = input.context
  warnOfLfs(input, taken.rawLfs ?? [])
  const others = [...taken.others, ...unkept(input)]
  // Without a commit of its own it stands on an older one.
  const moved = taken.head !== null && taken.commits.length === 0 && !taken.descends
  const rewritten = base !== '' && taken.head !== null && !taken.descends && !moved
  once(input, {
    type: 'work.kept',
    turn: plan.turn,
    base,
    head: taken.head,
    commits: taken.commits,
    branches: taken.others.filter(({ ref }) => ref?.startsWith(BRANCHES)).map(({ name }) => name),
    wip: taken.wip,
    ...(taken.changes && { changes: taken.changes }),
    ...reportOf(input),
    ...named(others),
    ...(rewritten && { rewritten }),
  })
  if (rewritten && !input.journaledTypes.has('work.kept')) {
    const text = `the agent rewrote history: ${taken.head?.slice(0, 12)} does not build on ${base.slice(0, 12)}, the base of the task`
    live.append({ type: 'notice', level: 'warning', text })
  }
  if (moved) {
    const why = `the agent left HEAD on ${taken.head?.slice(0, 12)}, which is older than the base of the task`
    return { head: null, others, why: others.length === 0 ? why : `${why}; new work on ${otherNames(others)}` }
  }
  const head = taken.head === base ? null : taken.head
  return { head, others, why: whyNothing(others) }
}

/**
 * Tells what the turn left. `head` is null where there is nothing to push. Null: nobody has gathered the work, so nothing
 * is told of it, and what may be there lies in the workspace alone.
 */
const recordWork = async (input: Input): Promise<RecordedWork | null> => {
  const { source } = input.context.plan
  if (source.kind !== 'clone') return null
  const taken = await input.taker.taken()
  faultPoint('take.after')
  if (taken !== null) return recordTaken(input, source.sha, taken)
  return input.work === null ? null : recordNothing(input, source.sha)
}

const takePatch = async (input: Input) => {
  const { live, plan } = input.context
  const to = taskPaths(live.folder).patch(plan.turn)
  const bytes = await takeFile({ from: `${plan.folders.exchange}/${PATCH_FILE}`, to, maxBytes: PATCH_BYTES })
  if (typeof bytes === 'string') throw new BerthError('work-refused', `Berth refused the patch of the task: ${bytes}`)
  const others = named(unkept(input))
  if (bytes === null) {
    // Without the worker's word that it has looked, what was changed lies in the workspace alone.
    if (input.work === null) return
    once(input, { type: 'work.nothing', turn: plan.turn, reason: 'the agent changed no file', ...others })
  } else {
    const changes = await countPatch(to)
    once(input, { type: 'work.patch', turn: plan.turn, path: to, bytes, ...(changes && { changes }), ...others })
  }
}

/** Half a rebase and marked conflicts are no work to push; the worker's word can only keep it from that. */
const leftUnfinished = ({ context: { plan }, outcome }: Input, what: string): Outcome => {
  const left = `the agent left ${terminalLine(what)}`
  if (plan.delivery.kind !== 'push') return { ...outcome, reason: `${outcome.reason}; ${left}` }
  return { ...outcome, result: 'failed', class: 'agent', reason: `${left}: Berth kept the work and did not push it` }
}

/** A session of a manifest works on its own branch alone. */
const strayed = ({ context: { live, plan }, work, outcome }: Input): Outcome | undefined =>
  live.record.manifest === undefined || work === null ? undefined : offBranch(plan, work, outcome)

const notGathered = (outcome: Outcome): Outcome => ({
  ...outcome,
  result: 'failed',
  class: 'agent',
  reason: `${outcome.reason}; its work was not collected and is only in the workspace`,
})

/** Opens or updates the pull request of the pushed branch, where one is asked for. */
const bringPullRequest = async (
  { context, journaledTypes }: Input,
  { pr, url, branch }: PushDelivery,
  outcome: Outcome,
): Promise<Outcome> => {
  const { pushed, pr: known } = context.live.record
  if (pr === undefined || pushed === null || outcome.result !== 'done') return outcome
  if (known !== undefined && (journaledTypes.has('pr.opened') || journaledTypes.has('pr.updated')))
    return withPullRequest(outcome, known)
  return await openPullRequest({ context, outcome, order: pr, url, head: branch, sha: pushed.sha })
}

/** Says that there is nothing to push. */
const tellNothing = async (input: Input, delivery: PushDelivery, work: RecordedWork): Promise<Outcome> => {
  const { context, outcome } = input
  const { live, plan } = context
  once(input, { type: 'work.nothing', turn: plan.turn, reason: work.why })
  const but = work.others.length === 0 ? '' : `, but new work on ${otherNames(work.others)}`
  const nothing = { ...outcome, reason: `${outcome.reason}; nothing to push${but}` }
  // An earlier turn may have pushed: its pull request is to have this turn's summary.
  return live.record.pushed?.branch === delivery.branch ? await bringPullRequest(input, delivery, nothing) : nothing
}

/** Pushes the kept work, unless an earlier supervisor has pushed it. */
const pushRecorded = async (input: Input, delivery: PushDelivery, head: string): Promise<Outcome> => {
  const { context, outcome, rebased } = input
  const { live, plan } = context
  const isOther = rebased > 0 || input.journaledTypes.has('work.amended')
  const sha = isOther ? (live.record.head ?? head) : head
  // What was taken again is the work as the agent left it.
  if (sha !== head) await context.deps.git.pointHead({ publish: plan.folders.publish, head: sha, wip: live.record.wip })
  const pushed = live.record.pushed
  if (input.journaledTypes.has('work.pushed') && pushed?.sha === sha) {
    await moveWorkspace(context)
    return await bringPullRequest(input, delivery, { ...outcome, reason: `pushed ${pushed.branch}` })
  }
  return await bringPullRequest(input, delivery, await pushWork({ context, outcome, sha, delivery, rebased }))
}

const delivered = async (input: Input): Promise<Delivered> => {
  const { outcome } = input
  const { delivery } = input.context.plan
  if (delivery.kind === 'patch') await takePatch(input)
  const work = await recordWork(input)
  if (outcome.result !== 'done') return { outcome }
  const unfinished = input.work?.unfinished
  if (unfinished !== undefined && !input.journaledTypes.has('work.pushed'))
    return { outcome: leftUnfinished(input, unfinished) }
  if (delivery.kind !== 'push') return { outcome }
  if (work === null) return { outcome: notGathered(outcome) }
  const off = work.head === null || input.journaledTypes.has('work.pushed') ? undefined : strayed(input)
  if (off !== undefined) return { outcome: off }
  return work.head === null
    ? { outcome: await tellNothing(input, delivery, work), is: 'nothing' }
    : { outcome: await pushRecorded(input, delivery, work.head), is: 'pushed' }
}

/** Berth does not take what the container left. Of several repositories the others are delivered all the same. */
const refused = ({ context: { live, plan }, outcome }: Input, error: BerthError): Outcome => {
  const reason = `Berth refused the agent's work: ${error.message}`
  if (outcome.result !== 'done') {
    live.append({ type: 'notice', level: 'error', text: reason })
    return outcome
  }
  const { delivery, source, turn } = plan
  if (delivery.kind === 'push' && source.kind === 'clone' && source.folder !== undefined)
    live.append({ type: 'push.failed', turn, remote: delivery.url, branch: delivery.branch, reason })
  return { ...outcome, result: 'failed', class: 'push', reason }
}

/**
 * Takes the turn's work on one repository out of the sandbox and, where the turn is done, to where it shall go. Returns
 * the outcome with that in it.
 */
export const deliver = async (input: Input): Promise<Delivered> => {
  try {
    return await delivered(input)
  } catch (error) {
    if (!(error instanceof BerthError)) throw error
    return { outcome: refused(input, error) }
  }
}

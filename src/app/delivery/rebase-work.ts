import { rm } from 'node:fs/promises'
import { BerthError } from '../../domain/errors.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import { BUNDLE_FILE, type Frame, OBJECTS_FOLDER, type WorkOrder } from '../../domain/worker-protocol.ts'
import type { CallerEnv, Git } from '../../git/git.ts'
import { exchangeInside } from '../../plan/paths.ts'
import type { Plan } from '../../plan/plan.ts'
import { sshKeyOf } from '../../plan/ssh-key.ts'
import { errorMessage } from '../../std/error-message.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { removeTree } from '../../std/remove-tree.ts'
import { takeFile } from '../../std/take-file.ts'
import { whenEngineAnswers } from '../container/engine-retry.ts'
import { makeExchange } from '../container/make-exchange.ts'
import { runHelper } from '../container/run-helper.ts'
import { recordToken } from '../task/record-token.ts'
import type { TurnContext } from '../task/turn-context.ts'

const BUNDLE_BYTES = 4 * 1024 ** 3

type Taken = Awaited<ReturnType<Git['take']>>
type Source = Extract<Plan['source'], { kind: 'clone' }>
type Input = {
  readonly context: TurnContext
  readonly branch: string
  readonly ours: string
  /** The same work as its author left it: a rebase of signed commits would lose the author that a forge put aside. */
  readonly work: string
  readonly theirs: string
  readonly callerEnv: CallerEnv
}

export type Rebased =
  /** To be pushed: the same commit where it needed no rebase. */
  | { readonly kind: 'ready'; readonly sha: string }
  /** Our commit is in their history: an earlier push came through. */
  | { readonly kind: 'there' }
  | { readonly kind: 'conflict'; readonly files: readonly string[]; readonly at: string }
  | { readonly kind: 'failed'; readonly why: string }

/** The helper's own folder, so that the turn's bundle stays as it is. */
export const rebaseExchange = (plan: Plan): string => `${plan.folders.exchange}-rebase`

/** What of the work is not theirs: since the task's base, less what their branch has of it by now. */
const upstreamOf = async ({ context, theirs }: Input, source: Source): Promise<string> => {
  const { deps, plan, live, signal } = context
  const base = live.record.repository.base ?? source.sha
  if (base === '') return ''
  const { publish: repository } = plan.folders
  const stands = await deps.git.relation({ repository, ours: base, theirs, signal })
  return stands === 'behind' ? theirs : base
}

/** The uncommitted state goes along; where it is committed it is the head itself. */
const bringObjects = async ({ context, ours, work }: Input, source: Source): Promise<string | null> => {
  const { deps, live, plan, signal } = context
  const { head, wip } = live.record
  const along = head === ours ? wip : null
  const commits = along === null ? [work] : [work, along]
  const { publish } = plan.folders
  const into = `${rebaseExchange(plan)}/${OBJECTS_FOLDER}`
  await deps.git.pack({ publish, commits, base: live.record.repository.base ?? source.sha, into, signal })
  return along
}

type Helped = { readonly frames: readonly Frame[]; readonly wip: string | null }

/** Rebases in a helper job. Gives its frames, and the uncommitted state that went along. */
const helped = async (input: Input, source: Source): Promise<Helped> => {
  const { context, work, theirs } = input
  const { plan } = context
  const exchange = rebaseExchange(plan)
  const upstream = await upstreamOf(input, source)
  const paths = { ...plan.order.paths, work: `${exchangeInside(plan, exchange)}/tree` }
  return await whenEngineAnswers(context, async () => {
    await makeExchange(plan, exchange)
    const wip = await bringObjects(input, source)
    const order: WorkOrder = { ...plan.order, paths, rebase: { head: work, wip, upstream, onto: theirs } }
    faultPoint('rebase.before')
    const frames = await runHelper({ ...context, job: 'rebase', order, exchange, mounts: ['mirror'] })
    return { frames, wip }
  })
}

/** Takes the helper's bundle into the quarantine; null where it left none. */
const takeRebased = async ({ context, theirs }: Input, { mirror }: Source): Promise<Taken | null> => {
  const { deps, live, plan, signal } = context
  const file = plan.order.bundle ?? BUNDLE_FILE
  const bundle = taskPaths(live.folder).bundle(plan, file, 'rebase')
  const from = `${rebaseExchange(plan)}/${file}`
  const bytes = await takeFile({ from, to: bundle, maxBytes: BUNDLE_BYTES })
  if (typeof bytes === 'string')
    throw new BerthError('work-refused', `Berth refused the bundle of the rebased commits: ${bytes}`)
  if (bytes === null) return null
  const { publish } = plan.folders
  try {
    const taken = await deps.git.take({
      bundle,
      publish,
      mirror,
      base: theirs,
      maxBytes: BUNDLE_BYTES,
      keepBranches: true,
      signal,
    })
    if (!taken.descends) throw new BerthError('work-refused', `the rebased commits do not build on ${theirs}`)
    return taken
  } finally {
    await rm(bundle, { force: true })
  }
}

const rebase = async (input: Input, source: Source): Promise<Rebased> => {
  const { branch, ours, theirs } = input
  const { live, plan } = input.context
  const { frames, wip } = await helped(input, source)
  faultPoint('rebase.after')
  const conflict = frames.find((frame) => frame.k === 'conflict')
  if (conflict !== undefined) return { kind: 'conflict', files: conflict.files, at: conflict.at }
  const taken = await takeRebased(input, source)
  const head = taken?.head ?? theirs
  // Without a bundle nothing is left of it: their branch has the same changes.
  const rest = wip === null ? null : (taken?.wip ?? (wip === ours ? head : null))
  await live.commit({
    type: 'work.rebased',
    turn: plan.turn,
    branch,
    before: ours,
    onto: theirs,
    head,
    wip: rest,
    commits: taken?.commits ?? [],
    ...(taken?.changes && { changes: taken.changes }),
  })
  if (wip !== null && rest === null)
    live.append({
      type: 'notice',
      level: 'warning',
      text: `the uncommitted files do not apply on top of ${branch}: they stay in ${plan.folders.workspace}, on ${ours.slice(0, 12)}`,
    })
  faultPoint('rebase.told')
  return { kind: 'ready', sha: head }
}

/**
 * Puts the work on top of what the branch has become: the mirror is brought up to it, a helper job rebases the commits,
 * and its bundle is checked as every other. The workspace is not touched.
 */
export const rebaseWork = async (input: Input): Promise<Rebased> => {
  const { context, ours, theirs, callerEnv } = input
  const { deps, live, plan, signal } = context
  const { source } = plan
  if (source.kind !== 'clone') return { kind: 'failed', why: 'the task has no repository' }
  try {
    const mirrorsDir = `${deps.installation.folders.state}/mirrors`
    await deps.git.mirror({
      ...{ mirrorsDir, url: source.url, sha: theirs, pin: plan.task, callerEnv, signal },
      onToken: recordToken(live, plan.turn),
      ...sshKeyOf(plan),
    })
    const stands = await deps.git.relation({ repository: plan.folders.publish, ours, theirs, signal })
    if (stands === 'same' || stands === 'behind') return { kind: 'there' }
    if (stands === 'ahead') return { kind: 'ready', sha: ours }
    return await rebase(input, source)
  } catch (error) {
    signal.throwIfAborted()
    return { kind: 'failed', why: errorMessage(error) }
  } finally {
    await removeTree(rebaseExchange(plan)).catch(() => {})
  }
}

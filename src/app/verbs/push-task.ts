import { allow } from '../../domain/allow.ts'
import type { CallerContext } from '../../domain/caller-context.ts'
import { BerthError } from '../../domain/errors.ts'
import type { Outcome } from '../../domain/outcome.ts'
import { checkBranch } from '../../domain/source.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { folderOf, recordsOf } from '../../domain/work-part.ts'
import { openPullRequest } from '../delivery/open-pull-request.ts'
import { type PushDelivery, pushWork } from '../delivery/push-work.ts'
import type { Deps } from '../deps.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { askedRequest } from '../task/asked-request.ts'
import { lastPlan } from '../task/journal-plans.ts'
import { contextsOf } from '../task/repository-context.ts'
import type { TurnContext } from '../task/turn-context.ts'
import { endContainer } from '../turn/end-container.ts'

/** Refuses a task that has nothing to push. */
const pushable = (record: TaskRecord, verb: 'push' | 'pr'): void => {
  allow(record, verb)
  if (record.repository.kind !== 'clone' || record.repository.url === null)
    throw new BerthError('not-allowed', `${record.id} has no repository to push to`)
  if (!recordsOf(record).some(hasCommits)) throw new BerthError('not-allowed', `${record.id} has no commit to push`)
}

const hasCommits = ({ head, repository: { base } }: TaskRecord): boolean => head !== null && head !== base

/** What publishes the kept work of a finished task. */
export type Publishing = {
  readonly deps: Pick<Deps, 'config' | 'egress' | 'engines' | 'forges' | 'git' | 'installation' | 'log' | 'tokens'>
  readonly tasks: Tasks
  readonly id: string
  readonly caller: CallerContext
}

/** The kept work on one repository of a task, and how it is published. */
export type Kept = {
  readonly context: TurnContext
  readonly delivery: PushDelivery
  readonly sha: string
  readonly outcome: Outcome
}

const keptOf = (context: TurnContext): readonly Kept[] => {
  const { live, plan } = context
  const { id, head, outcome, repository } = live.record
  if (head === null || !hasCommits(live.record) || repository.url === null) return []
  const own = { kind: 'push', url: repository.url, branch: `berth/${id}`, mode: 'lease', expected: null } as const
  const delivery = plan.delivery.kind === 'push' ? plan.delivery : own
  const none = { result: 'done' as const, class: 'ok' as const, reason: '', exitCode: null }
  return [{ context, delivery, sha: head, outcome: outcome ?? none }]
}

type Failed = { readonly folder: string; readonly error: BerthError }

/** The error for those that failed: it names each, if the task has several repositories. */
const joined = (failed: readonly [Failed, ...Failed[]]): BerthError => {
  const [first] = failed
  if (first.folder === '') return first.error
  const { error } = failed.find((one) => one.error.code === 'push-failed') ?? first
  return new BerthError(error.code, failed.map((one) => `${one.folder}: ${one.error.message}`).join('; '), {
    cause: error,
  })
}

/** Publishes repository by repository. Where one fails the others are published all the same. */
const publishEach = async (all: readonly Kept[], publish: (kept: Kept) => Promise<void>): Promise<void> => {
  const failed: Failed[] = []
  for (const kept of all)
    try {
      await publish(kept)
    } catch (error) {
      if (!(error instanceof BerthError)) throw error
      failed.push({ folder: folderOf(kept.context.live.record), error })
    }
  const [first, ...more] = failed
  if (first !== undefined) throw joined([first, ...more])
}

/**
 * Has a finished task's kept work published with this caller's credentials, that of each repository which `wanted` picks,
 * and leaves nothing of a helper behind.
 */
export const publishKept = async (
  { deps, tasks, id, caller, verb }: Publishing & { readonly verb: 'push' | 'pr' },
  publish: (kept: Kept) => Promise<void>,
  wanted: (all: readonly Kept[]) => readonly Kept[] = (all) => all,
): Promise<TaskRecord> => {
  await tasks.withTask(id, async ({ record }) => pushable(record, verb))
  await tasks.settled(id)
  return await tasks.withTask(id, async (live) => {
    pushable(live.record, verb)
    const plan = lastPlan(live)
    live.provide({ callerEnv: caller.env, key: null, env: {} })
    const { signal } = new AbortController()
    const engine = deps.engines.at(plan.engine.kind, plan.engine.endpoint)
    try {
      const all = contextsOf({ deps, live, plan, engine, signal }).flatMap(keptOf)
      await publishEach(wanted(all), publish)
    } finally {
      await live.flush()
      // A warm container stays.
      if (!live.record.clean && live.record.kept == null) await endContainer({ deps, live, plan, engine }, signal)
    }
    return live.record
  })
}

/** Those that are not pushed to their branch; all, if each one is. */
const unpushed = (all: readonly Kept[], to: string | undefined): readonly Kept[] => {
  const open = all.filter(({ context: { live }, sha, delivery }) => {
    const { pushed } = live.record
    return pushed?.sha !== sha || pushed.branch !== (to ?? delivery.branch)
  })
  return open.length === 0 ? all : open
}

/** Pushes the kept work of a finished task: again after a failed push, or for the first time. */
export const pushTask = async (input: Publishing & { readonly to: string | undefined }): Promise<TaskRecord> => {
  const { to } = input
  if (to !== undefined) checkBranch(to)
  const publish = async ({ context, delivery: own, sha, outcome }: Kept): Promise<void> => {
    const { live } = context
    const { url, pr } = own
    const retries = askedRequest(live).pushRetries
    const elsewhere = { kind: 'push', url, expected: null, mode: 'fast-forward', retries } as const
    const delivery = to === undefined ? own : { ...elsewhere, branch: to }
    const pushed = await pushWork({ context, outcome, sha, delivery })
    if (pushed.class === 'push') throw new BerthError('push-failed', pushed.reason)
    const head = delivery.branch
    // A push to the base itself leaves nothing to merge.
    if (pr === undefined || pr.base === head) return
    const opened = await openPullRequest({
      context,
      outcome: pushed,
      order: pr,
      url,
      head,
      sha: live.record.pushed?.sha ?? sha,
    })
    if (opened.class === 'push') throw new BerthError('pr-failed', opened.reason)
  }
  return await publishKept({ ...input, verb: 'push' }, publish, (all) => unpushed(all, to))
}

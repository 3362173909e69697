import { allow } from '../../domain/allow.ts'
import type { CallerContext } from '../../domain/caller-context.ts'
import { BerthError } from '../../domain/errors.ts'
import type { Outcome } from '../../domain/outcome.ts'
import { checkBranch } from '../../domain/source.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { openPullRequest } from '../delivery/open-pull-request.ts'
import { type PushDelivery, pushWork } from '../delivery/push-work.ts'
import type { Deps } from '../deps.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { askedRequest } from '../task/asked-request.ts'
import { lastPlan } from '../task/journal-plans.ts'
import type { LiveTask } from '../task/live-task.ts'
import type { TurnContext } from '../task/turn-context.ts'
import { endContainer } from '../turn/end-container.ts'

/** Refuses a task that has nothing to push. */
const pushable = (record: TaskRecord, verb: 'push' | 'pr'): { readonly url: string; readonly sha: string } => {
  allow(record, verb)
  const { url, base } = record.repository
  if (record.repository.kind !== 'clone' || url === null)
    throw new BerthError('not-allowed', `${record.id} has no repository to push to`)
  if (record.head === null || record.head === base)
    throw new BerthError('not-allowed', `${record.id} has no commit to push`)
  return { url, sha: record.head }
}

/** What publishes the kept work of a finished task. */
export type Publishing = {
  readonly deps: Pick<Deps, 'config' | 'egress' | 'engines' | 'forges' | 'git' | 'installation' | 'log' | 'tokens'>
  readonly tasks: Tasks
  readonly id: string
  readonly caller: CallerContext
}

type Kept = {
  readonly live: LiveTask
  readonly delivery: PushDelivery
  readonly sha: string
  readonly outcome: Outcome
}

/** Has a finished task's kept work published with this caller's credentials, and leaves nothing of a helper behind. */
export const publishKept = async (
  { deps, tasks, id, caller, verb }: Publishing & { readonly verb: 'push' | 'pr' },
  publish: (context: TurnContext, kept: Kept) => Promise<void>,
): Promise<TaskRecord> => {
  await tasks.withTask(id, async ({ record }) => pushable(record, verb))
  await tasks.settled(id)
  return await tasks.withTask(id, async (live) => {
    const { record } = live
    const { url, sha } = pushable(record, verb)
    const plan = lastPlan(live)
    const own = { kind: 'push', url, branch: `berth/${id}`, mode: 'lease', expected: null } as const
    const delivery = plan.delivery.kind === 'push' ? plan.delivery : own
    live.provide({ callerEnv: caller.env, key: null, env: {} })
    const outcome = record.outcome ?? { result: 'done' as const, class: 'ok' as const, reason: '', exitCode: null }
    const { signal } = new AbortController()
    const engine = deps.engines.at(plan.engine.kind, plan.engine.endpoint)
    try {
      await publish({ deps, live, plan, engine, signal }, { live, delivery, sha, outcome })
    } finally {
      await live.flush()
      // A warm container stays.
      if (!live.record.clean && live.record.kept == null) await endContainer({ deps, live, plan, engine }, signal)
    }
    return live.record
  })
}

/** Pushes the kept work of a finished task: again after a failed push, or for the first time. */
export const pushTask = async (input: Publishing & { readonly to: string | undefined }): Promise<TaskRecord> => {
  const { to } = input
  if (to !== undefined) checkBranch(to)
  return await publishKept({ ...input, verb: 'push' }, async (context, { live, delivery: own, sha, outcome }) => {
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
  })
}

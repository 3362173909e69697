import { allow } from '../../domain/allow.ts'
import type { CallerContext } from '../../domain/caller-context.ts'
import { BerthError } from '../../domain/errors.ts'
import { checkBranch } from '../../domain/source.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { pushWork } from '../delivery/push-work.ts'
import type { Deps } from '../deps.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { askedRequest } from '../task/asked-request.ts'
import { lastPlan } from '../task/journal-plans.ts'
import { endContainer } from '../turn/end-container.ts'

/** Refuses a task that has nothing to push. */
const pushable = (record: TaskRecord): { readonly url: string; readonly sha: string } => {
  allow(record, 'push')
  const { url, base } = record.repository
  if (record.repository.kind !== 'clone' || url === null)
    throw new BerthError('not-allowed', `${record.id} has no repository to push to`)
  if (record.head === null || record.head === base)
    throw new BerthError('not-allowed', `${record.id} has no commit to push`)
  return { url, sha: record.head }
}

/** Pushes the kept work of a finished task: again after a failed push, or for the first time. */
export const pushTask = async (input: {
  readonly deps: Pick<Deps, 'egress' | 'engines' | 'git' | 'installation' | 'log'>
  readonly tasks: Tasks
  readonly id: string
  readonly caller: CallerContext
  readonly to: string | undefined
}): Promise<TaskRecord> => {
  const { deps, tasks, id, caller, to } = input
  if (to !== undefined) checkBranch(to)
  await tasks.withTask(id, async ({ record }) => pushable(record))
  await tasks.settled(id)
  return await tasks.withTask(id, async (live) => {
    const { record } = live
    const { url, sha } = pushable(record)
    const plan = lastPlan(live)
    const retries = askedRequest(live).pushRetries
    const own = { kind: 'push', url, branch: `berth/${id}`, mode: 'lease', expected: null } as const
    const chosen = plan.delivery.kind === 'push' ? plan.delivery : own
    const delivery = to === undefined ? chosen : ({ ...own, branch: to, mode: 'fast-forward', retries } as const)
    live.provide({ callerEnv: caller.env, key: null, env: {} })
    const outcome = record.outcome ?? { result: 'done' as const, class: 'ok' as const, reason: '', exitCode: null }
    const { signal } = new AbortController()
    const engine = deps.engines.at(plan.engine.kind, plan.engine.endpoint)
    const context = { deps, live, plan, engine, signal }
    const pushed = await pushWork({ context, outcome, sha, delivery })
    await live.flush()
    // A warm container stays.
    if (!live.record.clean && live.record.kept == null) await endContainer({ deps, live, plan, engine }, signal)
    if (pushed.class === 'push') throw new BerthError('push-failed', pushed.reason)
    return live.record
  })
}

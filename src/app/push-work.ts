import type { Outcome } from '../domain/outcome.ts'
import type { Plan } from '../plan/plan.ts'
import { faultPoint } from '../std/fault-point.ts'
import type { Deps } from './deps.ts'
import type { LiveTask, Surroundings } from './live-task.ts'

type PushDelivery = Extract<Plan['delivery'], { kind: 'push' }>

/** The surroundings, waited for; a stop ends the waiting, since there is no container any more that it could end. */
const unlessStopped = async (live: LiveTask, signal: AbortSignal): Promise<Surroundings> => {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  const stopped = async (): Promise<never> => {
    if (live.record.stopping) throw new Error('the turn was stopped')
    for await (const event of live.journal.follow(live.journal.seq, either))
      if (event.type === 'stop.requested') throw new Error(event.reason)
    return await new Promise<never>(() => {})
  }
  try {
    return await Promise.race([live.provided(either), stopped()])
  } finally {
    over.abort()
  }
}

/** Pushes a commit of the task's publish repository, journals what came of it, and says it in the outcome. */
export const pushWork = async (input: {
  readonly deps: Deps
  readonly live: LiveTask
  readonly plan: Plan
  readonly outcome: Outcome
  readonly sha: string
  readonly delivery: PushDelivery
  readonly signal: AbortSignal
}): Promise<Outcome> => {
  const { deps, live, plan, outcome, sha, delivery, signal } = input
  live.append({ type: 'turn.phase', turn: plan.turn, phase: 'publishing' })
  const { url: remote, branch, mode } = delivery
  const earlier = live.record.pushed
  const expected = earlier !== null && earlier.branch === branch ? earlier.sha : delivery.expected
  faultPoint('push.before')
  const attempt = (world: Surroundings['world']) =>
    deps.git.push({ publish: plan.folders.publish, url: remote, sha, branch, mode, expected, world, signal })
  let result = await attempt(live.surroundings?.world ?? {})
  if (!result.ok && result.kind !== 'rejected' && live.surroundings === null) {
    await live.commit({
      type: 'turn.blocked',
      turn: plan.turn,
      reason: `the push needs your credentials, which were lost with the supervisor: run any berth command in a shell that has them (${result.reason})`,
    })
    result = await attempt((await unlessStopped(live, signal)).world)
    live.append({ type: 'turn.unblocked', turn: plan.turn })
  }
  faultPoint('push.after')
  if (result.ok) {
    live.append({ type: 'work.pushed', turn: plan.turn, remote, branch, sha })
    faultPoint('push.told')
    return { ...outcome, result: 'done', class: 'ok', reason: `pushed ${branch}` }
  }
  live.append({ type: 'push.failed', turn: plan.turn, remote, branch, reason: result.reason })
  return { ...outcome, result: 'failed', class: 'push', reason: `push to ${branch} ${result.kind}: ${result.reason}` }
}

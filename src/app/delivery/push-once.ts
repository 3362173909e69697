import type { PushResult } from '../../git/git.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'
import type { LiveTask, Surroundings } from '../task/live-task.ts'
import { unlessStopped } from './unless-stopped.ts'

type PushDelivery = Extract<Plan['delivery'], { kind: 'push' }>

/** One push; where the caller's credentials were lost with a supervisor it waits for them, and tries again. */
export const pushOnce = async (input: {
  readonly deps: Deps
  readonly live: LiveTask
  readonly plan: Plan
  readonly sha: string
  readonly delivery: PushDelivery
  readonly signal: AbortSignal
}): Promise<PushResult> => {
  const { deps, live, plan, sha, delivery, signal } = input
  const { url, branch, mode } = delivery
  const earlier = live.record.pushed
  const expected = earlier !== null && earlier.branch === branch ? earlier.sha : delivery.expected
  const { publish } = plan.folders
  const attempt = (world: Surroundings['world']) =>
    deps.git.push({ publish, url, sha, branch, mode, expected, world, signal })
  const result = await attempt(live.surroundings?.world ?? {})
  if (result.ok || result.kind === 'rejected' || result.kind === 'raced' || live.surroundings !== null) return result
  await live.commit({
    type: 'turn.blocked',
    turn: plan.turn,
    reason: `the push needs your credentials, which were lost with the supervisor: run any berth command in a shell that has them (${result.reason})`,
  })
  const { world } = await unlessStopped(live, signal, (either) => live.provided(either))
  const again = await attempt(world)
  live.append({ type: 'turn.unblocked', turn: plan.turn })
  return again
}

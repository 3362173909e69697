import type { Plan } from '../../plan/plan.ts'
import { faultPoint } from '../../std/fault-point.ts'
import type { Deps } from '../deps.ts'
import { planNext } from '../planning/plan-next.ts'
import { planOfContainer, planOfTurn } from '../task/journal-plans.ts'
import { isWaiting } from '../task/kept-container.ts'
import type { LiveTask } from '../task/live-task.ts'
import { filesOf } from '../task/turn-files.ts'
import { attemptPrompt } from '../task/turn-prompts.ts'
import { isReleased } from '../turn/acquire-container.ts'
import { cleanUp } from '../turn/end-container.ts'
import type { Job } from './next-turn.ts'

/** A turn that was planned in a kept container which has gone since is planned in a fresh one. */
const withoutGone = async (
  deps: Pick<Deps, 'config' | 'engines' | 'installation'>,
  live: LiveTask,
  { plan, engine }: Job,
  signal: AbortSignal,
): Promise<Plan> => {
  if (plan.kept === undefined || isReleased(plan)) return plan
  try {
    if (await isWaiting(engine, plan, plan.kept.until, signal)) return plan
    const { turn, attempt } = plan
    const prompt = attemptPrompt(live, turn)
    const files = filesOf(live, turn)
    const fresh = await planNext({ deps, live, turn, attempt, prompt, files, fresh: true, signal })
    await live.commit({ type: 'turn.planned', turn, plan: fresh })
    faultPoint('kept.gone')
    return fresh
  } catch {
    signal.throwIfAborted()
    // What is wrong is told by the launch.
    return plan
  }
}

/** The turn's plan as it can begin now; a container of an earlier one that it does not take goes first. */
export const readyTurn = async (
  deps: Pick<Deps, 'config' | 'egress' | 'engines' | 'installation' | 'log'>,
  live: LiveTask,
  job: Job,
  signal: AbortSignal,
): Promise<Plan> => {
  const { turn, attempt } = job.plan
  // It may have been edited while it waited for its place.
  const latest = planOfTurn(live, turn, attempt) ?? job.plan
  const plan = await withoutGone(deps, live, { ...job, plan: latest }, signal)
  const { container } = live.record
  if (container === null || container.state === 'removed' || container.name === plan.container.name) return plan
  const before = planOfContainer(live, container.name)
  if (before !== undefined) await cleanUp({ deps, live, plan: before, engine: job.engine }, signal)
  return plan
}

import { faultPoint } from '../../std/fault-point.ts'
import type { Deps } from '../deps.ts'
import { planNext } from '../planning/plan-next.ts'
import { planOfContainer } from '../task/journal-plans.ts'
import type { LiveTask } from '../task/live-task.ts'
import { filesOf } from '../task/turn-files.ts'
import { attemptPrompt } from '../task/turn-prompts.ts'
import { isWaiting } from '../task/warm-container.ts'
import { isReleased } from '../turn/acquire-container.ts'
import { endContainer } from '../turn/end-container.ts'
import type { PlannedTurn } from './next-turn.ts'

/** Plans a turn in a fresh container if the warm one that it was planned in has gone. */
const withoutGone = async (
  deps: Pick<Deps, 'config' | 'engines' | 'forges' | 'installation' | 'logins'>,
  live: LiveTask,
  planned: PlannedTurn,
  shutdown: AbortSignal,
): Promise<void> => {
  const { plan, engine } = planned
  if (plan.kept === undefined || isReleased(plan)) return
  try {
    if (await isWaiting(engine, plan, plan.kept.until, shutdown)) return
    const { turn, attempt } = plan
    const prompt = attemptPrompt(live, turn)
    const files = filesOf(live, turn)
    const fresh = await planNext({ deps, live, turn, attempt, prompt, files, fresh: true, signal: shutdown })
    // An edit has replaced the plan meanwhile.
    if (planned.plan !== plan) return
    live.append({ type: 'turn.planned', turn, plan: fresh })
    planned.plan = fresh
    await live.flush()
    faultPoint('kept.gone')
  } catch {
    shutdown.throwIfAborted()
    // The launch says what is wrong.
  }
}

/** Makes the turn's plan one that can begin now, and removes a container of an earlier turn that it does not take. */
export const prepareTurn = async (
  deps: Pick<Deps, 'config' | 'egress' | 'engines' | 'forges' | 'installation' | 'log' | 'logins' | 'tokens'>,
  live: LiveTask,
  planned: PlannedTurn,
  shutdown: AbortSignal,
): Promise<void> => {
  await withoutGone(deps, live, planned, shutdown)
  const { plan, engine } = planned
  const { container } = live.record
  if (container === null || container.state === 'removed' || container.name === plan.container.name) return
  const before = planOfContainer(live, container.name)
  if (before !== undefined) await endContainer({ deps, live, plan: before, engine }, shutdown)
}

import { existsSync } from 'node:fs'
import type { Engine } from '../../engines/engine.ts'
import type { WarmContainer } from '../../plan/facts.ts'
import type { Plan } from '../../plan/plan.ts'
import { WARM_MARGIN_MS } from '../../plan/warm-container.ts'
import { planOfContainer } from './journal-plans.ts'
import type { LiveTask } from './live-task.ts'

/** True where its worker still waits, will for long enough to take an order, and has its way to the model. */
export const isWaiting = async (
  engine: Engine,
  plan: Pick<Plan, 'container' | 'folders'>,
  until: number,
  signal?: AbortSignal,
): Promise<boolean> => {
  if (Date.now() >= until + WARM_MARGIN_MS / 2 || !existsSync(plan.folders.socket)) return false
  return (await engine.inspect(plan.container.name, signal))?.state === 'running'
}

/** The container that the task's last turn has left alive, where it can take a further one. */
export const warmContainer = async (
  live: LiveTask,
  engine: Engine,
  signal: AbortSignal,
): Promise<WarmContainer | undefined> => {
  const { kept, container } = live.record
  // Records of an older version do not have it.
  if (kept == null || container === null) return undefined
  const plan = planOfContainer(live, container.name)
  const until = Date.parse(kept.until)
  if (plan === undefined || !(await isWaiting(engine, plan, until, signal))) return undefined
  return { plan, kept: { after: kept.frame, since: kept.since, until } }
}

import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { moveOut } from '../../std/mounted-folder.ts'
import type { Deps } from '../deps.ts'
import { planOfContainer } from '../task/journal-plans.ts'
import { keptContainer } from '../task/kept-container.ts'
import type { LiveTask } from '../task/live-task.ts'
import { writeOutputs } from '../task/outputs.ts'
import { writeSnapshot } from '../task/snapshot.ts'
import { cleanUp } from './end-container.ts'

type Input = {
  readonly deps: Pick<Deps, 'egress' | 'log'>
  readonly live: LiveTask
  readonly plan: Plan
  readonly engine: Engine
  /** An earlier supervisor began the turn. */
  readonly taken: boolean
}

/**
 * What is kept has no turn: no way to the model, and nothing of the last one in its exchange folder. An agent that forged
 * its worker's word may be alive in there, so what it has made is moved out, and removed when the container is gone.
 */
const putToRest = async ({ deps, live, plan }: Input): Promise<void> => {
  // A turn that was taken back, and would have had the container, has no output.
  const ran = live.record.turns.find(({ turn }) => turn === plan.turn)?.startedAt != null
  moveOut(plan.folders.exchange)
  await Promise.all([deps.egress.close(live.id), ran ? writeOutputs({ live, plan }) : undefined])
  faultPoint('kept.rest')
  await writeSnapshot(live, plan)
}

/** What is left to do when a turn is over: its container goes, or it is kept and waits. True: it is kept. */
export const settleTurn = async (input: Input, end: AbortSignal): Promise<boolean> => {
  const { live, engine } = input
  const { kept, container, state } = live.record
  // One that is kept still is that of the last turn that ran; the one in hand may have been taken back.
  const plan = kept == null || container === null ? input.plan : (planOfContainer(live, container.name) ?? input.plan)
  const isKept =
    kept != null &&
    state !== 'waiting' &&
    Date.parse(kept.until) > Date.now() &&
    (await keptContainer(live, engine, end).catch(() => undefined)) !== undefined
  if (isKept) await putToRest({ ...input, plan })
  else await cleanUp({ ...input, plan }, end)
  return isKept
}

import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { moveOut } from '../../std/mounted-folder.ts'
import type { Deps } from '../deps.ts'
import { planOfContainer } from '../task/journal-plans.ts'
import type { LiveTask } from '../task/live-task.ts'
import { writeOutputs } from '../task/outputs.ts'
import { writeSnapshot } from '../task/snapshot.ts'
import { warmContainer } from '../task/warm-container.ts'
import { endContainer } from './end-container.ts'

type Input = {
  readonly deps: Pick<Deps, 'egress' | 'installation' | 'log' | 'tokens'>
  readonly live: LiveTask
  readonly plan: Plan
  readonly engine: Engine
  /** An earlier supervisor began the turn. */
  readonly taken: boolean
}

/**
 * A warm container has no turn: no way to the model, and an empty exchange folder. An agent that forged
 * its worker's frame may be alive in there, so Berth moves its files out, and removes them when the container is gone.
 */
const putToRest = async ({ deps, live, plan }: Input): Promise<void> => {
  // A withdrawn turn that would have had the container has no output.
  const ran = live.record.turns.find(({ turn }) => turn === plan.turn)?.startedAt != null
  moveOut(plan.folders.exchange)
  await Promise.all([deps.egress.close(live.id), ran ? writeOutputs({ live, plan }) : undefined])
  faultPoint('kept.rest')
  await writeSnapshot(live, plan)
}

/** The work at a turn's end: Berth removes its container, or keeps it warm. True: it keeps it. */
export const recordTurnEnd = async (input: Input, shutdown: AbortSignal): Promise<boolean> => {
  const { live, engine } = input
  const { kept, container, state } = live.record
  // A warm container belongs to the last turn that ran; the current turn may have been withdrawn.
  const plan = kept == null || container === null ? input.plan : (planOfContainer(live, container.name) ?? input.plan)
  const staysWarm =
    kept != null &&
    state !== 'waiting' &&
    Date.parse(kept.until) > Date.now() &&
    (await warmContainer(live, engine, shutdown).catch(() => undefined)) !== undefined
  if (staysWarm) await putToRest({ ...input, plan })
  else await endContainer({ ...input, plan }, shutdown)
  return staysWarm
}

import type { Engine } from '../../engines/engine.ts'
import { type EarlyContainer, heardSteps } from '../../launch/early-steps.ts'
import { launch } from '../../launch/launch.ts'
import type { Plan } from '../../plan/plan.ts'
import { planAhead, poolShape } from '../../plan/pool-shape.ts'
import { faultPoint } from '../../std/fault-point.ts'
import type { Deps } from '../deps.ts'
import { mirrorOf, WAIT_MS, WITHOUT_TURN } from './make-sandbox.ts'
import { recordPooled } from './pool-record.ts'

/** A container that is created and started while its task is still planned. */
export type EarlyStart = EarlyContainer & {
  readonly plan: Plan
  readonly engine: Engine
  /** Resolves when the state folder says whose it is. */
  readonly recorded: Promise<void>
}

/** Begins it, under the id of its plan. What fails is left to the task's launch. */
export const earlyStart = (
  { git, egress, installation: { folders } }: Pick<Deps, 'egress' | 'git' | 'installation'>,
  whole: Plan,
  engine: Engine,
): EarlyStart => {
  const plan = planAhead(whole)
  const ids = plan.steps.map(({ id }) => id)
  const shape = poolShape(plan)
  const until = Date.now() + WAIT_MS
  const abort = new AbortController()
  const heard = heardSteps(ids)
  let mirror: string | null | undefined
  const recorded = recordPooled(folders, plan.task, plan.engine)
  const run = async () => {
    await recorded
    faultPoint('early.recorded')
    await launch({
      ...WITHOUT_TURN,
      emit: (...events) => {
        // The engine is given the mirror's folder as it is now.
        if (events.some((event) => event.type === 'container.created')) mirror = mirrorOf(plan)
        heard.emit(...events)
      },
      plan,
      engine,
      git,
      egress,
      mirrorsDir: `${folders.state}/mirrors`,
      signal: abort.signal,
      isEarly: true,
    })
  }
  const over = run()
    .catch(() => {})
    .finally(heard.end)
  return {
    plan,
    engine,
    ids: new Set(ids),
    over: heard.over,
    recorded: recorded.catch(() => {}),
    async stop() {
      abort.abort(new Error('nobody wants it any more'))
      await over
    },
    fits: (wanted) =>
      Date.now() < until && poolShape(wanted) === shape && (mirror === undefined || mirror === mirrorOf(wanted)),
  }
}

import { existsSync } from 'node:fs'
import { BerthError } from '../../domain/errors.ts'
import { taskFolders, trashPath } from '../../domain/task-paths.ts'
import type { Engine } from '../../engines/engine.ts'
import type { EarlyContainer } from '../../launch/early-steps.ts'
import type { Plan } from '../../plan/plan.ts'
import { plannedClones } from '../../plan/planned-clones.ts'
import { poolShape } from '../../plan/pool-shape.ts'
import { faultPoint } from '../../std/fault-point.ts'
import type { Deps } from '../deps.ts'
import { usedMirrors } from '../task/used-mirrors.ts'
import { removeFolder } from '../task/work-folder.ts'
import { type EarlyStart, earlyStart } from './early-start.ts'
import { forgetPooled, isGoing, putAside, removePooled, removing, whenGone } from './pool-record.ts'

const LIMIT_MS = 60_000
const LEAVE_MS = 5000

type Input<C> = {
  readonly deps: Pick<Deps, 'egress' | 'engines' | 'git' | 'installation' | 'log' | 'store'>
  readonly shutdown: AbortSignal
  /** False where a turn would have to wait for its place, if these came before it. */
  readonly mayBegin: (candidate: C, before: readonly C[]) => boolean
  /** A sandbox that was started ahead waits for a task of this plan. */
  readonly isAhead: (plan: Plan) => boolean
  readonly onChange: () => void
}

/** One that is its task's. */
export type TakenStart = EarlyContainer & {
  /** The task is on the disk: the rest is that task's business. */
  readonly settle: () => void
  /** There is no such task. */
  readonly giveUp: () => void
}

/** A container that could not be removed would be taken for the task's, and its removal would take the task's folders. */
const refuseLeft = (trash: string, id: string): void => {
  if (!existsSync(trash)) return
  throw new BerthError('engine-error', `${id}: the container that was started for this task could not be removed`, {
    hint: 'Start the task again.',
  })
}

/** Removes all that it has made. */
const removeStart = async (
  {
    deps,
    shutdown,
    isUsed,
  }: Pick<Input<unknown>, 'deps' | 'shutdown'> & { readonly isUsed: (mirror: string) => boolean },
  { plan, engine, stop, recorded }: EarlyStart,
): Promise<void> => {
  const trash = trashPath(deps.installation.folders.state, plan.task)
  // At once: nobody shall take it for a task's.
  putAside(plan.folders.task, trash)
  await Promise.all([stop(), recorded])
  const limit = AbortSignal.timeout(shutdown.aborted ? LEAVE_MS : LIMIT_MS)
  await removePooled(deps, { id: plan.task, engine, folder: trash }, limit)
  // The step for the folders may have been under way.
  await removeFolder(plan.folders.task)
  for (const { mirror } of plannedClones(plan)) await deps.git.dropEmpty(mirror, () => !isUsed(mirror))
}

/**
 * The containers that are started while their tasks are still planned: each under the id that its task will have. A task
 * takes its own; what nobody takes goes.
 */
export const earlyStarts = <C>({ deps, shutdown, mayBegin, isAhead, onChange }: Input<C>) => {
  const { installation } = deps
  const begun = new Map<string, { readonly start: EarlyStart; readonly candidate: C }>()
  /** Those of tasks that are not on the disk yet. */
  const taken: typeof begun = new Map()
  const candidates = (of: typeof begun) => [...of.values()].map((one) => one.candidate)
  const going = new Set<Promise<void>>()

  const isUsed = (mirror: string) =>
    [...begun.values(), ...taken.values()].some((one) =>
      plannedClones(one.start.plan).some((clone) => clone.mirror === mirror),
    ) || usedMirrors(deps).has(mirror)
  /** What it has made goes in the background. */
  const discard = (start: EarlyStart): Promise<void> => {
    const { task: id } = start.plan
    faultPoint('early.refused')
    const gone = removing(id, removeStart({ deps, shutdown, isUsed }, start))
      // What stays is removed by the next supervisor.
      .catch((error: unknown) => deps.log({ level: 'error', msg: 'early start', sandbox: id, error: String(error) }))
      .finally(() => {
        going.delete(gone)
        onChange()
      })
    going.add(gone)
    return gone
  }
  const drop = (id: string): Promise<void> => {
    const found = begun.get(id)
    if (found === undefined) return Promise.resolve()
    begun.delete(id)
    return discard(found.start)
  }

  return {
    /** Begins one for a task whose plan lacks only what its remote says. Each task has one at most. */
    begin(plan: Plan, engine: Engine, candidate: C): void {
      const { task: id } = plan
      const before = [...candidates(taken), ...candidates(begun)]
      if (poolShape(plan) === undefined || plan.inside !== undefined || shutdown.aborted) return
      if (isAhead(plan) || !mayBegin(candidate, before)) return
      if (begun.has(id) || isGoing(id) || existsSync(taskFolders(installation.folders, id).task)) return
      begun.set(id, { start: earlyStart(deps, plan, engine), candidate })
    },
    /** The one of this plan's task, which nobody else gets; one that the task does not take is gone when this resolves. */
    async take(plan: Plan, candidate: C): Promise<TakenStart | undefined> {
      const { task: id } = plan
      await whenGone(id)
      const start = begun.get(id)?.start
      if (start === undefined || !mayBegin(candidate, candidates(taken)) || !start.fits(plan)) {
        await drop(id)
        refuseLeft(trashPath(installation.folders.state, id), id)
        return undefined
      }
      begun.delete(id)
      taken.set(id, { start, candidate })
      faultPoint('early.taken')
      return {
        ...start,
        settle() {
          taken.delete(id)
          void start.recorded.then(() => forgetPooled(installation.folders, id)).catch(() => {})
        },
        giveUp() {
          taken.delete(id)
          void discard(start)
        },
      }
    },
    /** Removes one that no task has taken. */
    drop,
    busy: () => begun.size + going.size > 0,
    /** Removes what no task has; after `shutdown`. */
    async close(): Promise<void> {
      await Promise.all([...[...begun.keys()].map(drop), ...going])
    },
  }
}

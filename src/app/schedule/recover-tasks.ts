import { FINAL } from '../../domain/task.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { removeTree } from '../../std/remove-tree.ts'
import { owedBy } from '../task/hook-due.ts'
import { hasPlan, isHalf, lastPlan } from '../task/journal-plans.ts'
import type { LiveTask } from '../task/live-task.ts'
import { project } from '../task/project.ts'
import { removeHalves, writeSnapshot } from '../task/snapshot.ts'
import type { HookRunner } from './hook-runner.ts'
import type { Scheduler } from './scheduler.ts'
import { settleWorkspace } from './settle-workspace.ts'
import { sweepState } from './sweep-state.ts'
import type { TaskLock } from './task-lock.ts'
import { adoptTurn, beginTask } from './turn-loop.ts'

type Input = {
  readonly scheduler: Scheduler
  readonly withTask: TaskLock['withTask']
  readonly hooks: HookRunner
}

/** Removes a folder before anything else is done under its id: a client may send the submit again whose answer was lost. */
const removeFolder = ({ deps, registry, alone }: Scheduler, id: string): void => {
  alone(id, () => removeTree(registry.folderOf(id))).catch((error: unknown) =>
    deps.log({ level: 'error', msg: 'recover', task: id, error: String(error) }),
  )
}

/** Half a task, of which nobody was told, is none. */
const discard = (scheduler: Scheduler, live: LiveTask): void => {
  live.journal.close()
  scheduler.deps.store.remove(live.id)
  removeFolder(scheduler, live.id)
}

/** Of a task that is over: what lies beside its journal, which its supervisor was killed over. */
const writeAgain = ({ scheduler: { deps }, withTask }: Input, id: string) =>
  withTask(id, async (live) => {
    faultPoint('clean.again')
    removeHalves(live.folder)
    await writeSnapshot(live, lastPlan(live))
  }).catch((error: unknown) => deps.log({ level: 'error', msg: 'snapshot', task: id, error: String(error) }))

/** Opens a task that is not over, or not cleaned up after, and takes its place in the queue; what it gives goes on with it. */
const takeOver = ({ scheduler, withTask, hooks }: Input, id: string): (() => void) | undefined => {
  const { deps, registry, alone } = scheduler
  const live = registry.open(id)
  removeHalves(live.folder)
  if (!hasPlan(live)) {
    discard(scheduler, live)
    return undefined
  }
  live.showOutput()
  if (live.record.hooksDue !== undefined) for (const due of owedBy(live.journal.read())) hooks.due(due, async () => {})
  if (FINAL.has(live.record.state) && live.record.clean) {
    void alone(id, () => live.close())
    return undefined
  }
  const plan = lastPlan(live)
  settleWorkspace({ deps, registry, withTask }, live, plan).catch((error: unknown) =>
    deps.log({ level: 'error', msg: 'workspace', task: id, error: String(error) }),
  )
  adoptTurn(scheduler, live, plan)
  return () => beginTask(scheduler, live, { plan, engine: deps.engines.at(plan.engine.kind, plan.engine.endpoint) })
}

/** Takes over every task that an earlier supervisor left in the middle, or over but not cleaned up. */
export const recoverTasks = (input: Input): void => {
  const { deps, registry } = input.scheduler
  sweepState(deps)
  const { ids, damaged } = project(deps, { all: false })
  for (const { id, error } of damaged)
    if (isHalf(registry.folderOf(id)) && deps.store.get(id) === undefined) removeFolder(input.scheduler, id)
    else deps.log({ level: 'error', msg: 'journal', task: id, error })
  const unfinished = deps.store.unfinished()
  for (const id of ids) if (!unfinished.includes(id)) void writeAgain(input, id)
  // Those that run have their places before one that waits is let in.
  const begun = unfinished.map((id) => {
    try {
      return takeOver(input, id)
    } catch (error) {
      deps.log({ level: 'error', msg: 'recover', task: id, error: String(error) })
      return undefined
    }
  })
  for (const begin of begun) begin?.()
}

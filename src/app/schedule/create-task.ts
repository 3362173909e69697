import { mkdirSync, rmSync } from 'node:fs'
import type { TaskEvent, TurnEvent } from '../../domain/event.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import type { Engine } from '../../engines/engine.ts'
import type { NamedWorkspace } from '../../launch/named-workspace.ts'
import type { Plan } from '../../plan/plan.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { writeFileDurably } from '../../std/write-file-durably.ts'
import type { TakenStart } from '../pool/early-starts.ts'
import { bringFork, type ForkSource } from '../task/bring-fork.ts'
import type { HeldContext } from '../task/held-context.ts'
import type { LiveTask } from '../task/live-task.ts'
import { type GivenFile, storeFiles } from '../task/turn-files.ts'
import type { Scheduler } from './scheduler.ts'
import { beginTask } from './turn-loop.ts'

export type NewTask = {
  readonly id: string
  /** The id that the caller asked for: the same, unless the task gets a pre-started sandbox. */
  readonly key: string
  readonly first: readonly (TaskEvent | (TurnEvent & { readonly turn: number }))[]
  /** The files that came with the prompt. */
  readonly files: readonly GivenFile[]
  /** The work and session with which a fork begins. */
  readonly fork?: ForkSource
  /** The workspace that it takes from an ended task; `give` writes so in that task. */
  readonly taken?: { readonly workspace: NamedWorkspace; readonly give: () => Promise<void> } | undefined
  readonly plan: Plan
  readonly engine: Engine
  /** Gives the container that was started under this id while the task was planned; undefined: there is none for it. */
  readonly early?: (() => Promise<TakenStart | undefined>) | undefined
  readonly callerContext: HeldContext
}

/** Writes folder and journal of a new task: all of it, or nothing. The folder of a started sandbox exists, and stays. */
const writeTask = async ({ deps, registry }: Scheduler, input: NewTask, isStarted: boolean): Promise<LiveTask> => {
  const { taken } = input
  const folder = registry.folderOf(input.id)
  const remove = () => {
    if (!isStarted) rmSync(folder, { recursive: true, force: true })
  }
  // A supervisor that was killed in the middle of this left it: nobody was told of the task.
  remove()
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  let live: LiveTask | undefined
  try {
    live = registry.begin(input.id)
    live.provide(input.callerContext)
    await storeFiles(folder, 1, input.files)
    if (taken !== undefined) await writeFileDurably(taskPaths(folder).named, JSON.stringify(taken.workspace))
    if (input.fork !== undefined) await bringFork(deps, input.fork, folder)
    await live.commit(...input.first)
    // Until now the other task had the folder: a folder always has an owner.
    if (taken !== undefined) faultPoint('workspace.taken')
    await taken?.give()
    faultPoint('task.created')
    return live
  } catch (error) {
    // Nobody was told of it: half a task is none.
    live?.journal.close()
    deps.store.remove(input.id)
    remove()
    throw error
  }
}

const create = async (scheduler: Scheduler, input: NewTask): Promise<TaskRecord> => {
  const { engine } = input
  const early = await input.early?.()
  const plan: Plan = early === undefined ? input.plan : { ...input.plan, early: true }
  const first = input.first.map((event) => (event.type === 'turn.planned' ? { ...event, plan } : event))
  const isStarted = plan.pooled !== undefined || early !== undefined
  const live = await writeTask(scheduler, { ...input, first }, isStarted).catch((error: unknown) => {
    early?.giveUp()
    throw error
  })
  early?.settle()
  const { record } = live
  beginTask(scheduler, live, { plan, engine, early })
  scheduler.registry.changed()
  return record
}

/**
 * Creates a task with its first turn: the task is on the disk when this resolves, and its turn is launched after that. A
 * submit that is sent again while its first try is planned finds the task and leaves it as it is.
 */
export const createTask = (scheduler: Scheduler, input: NewTask): Promise<TaskRecord> => {
  const { deps, registry, alone } = scheduler
  return alone(input.key, async () => {
    const known = deps.store.submitted(input.key)
    if (known !== undefined) return registry.get(known.id)?.live.record ?? known
    if (input.id === input.key) return await create(scheduler, input)
    return await alone(input.id, () => create(scheduler, input))
  })
}

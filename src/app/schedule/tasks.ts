import type { CallerContext } from '../../domain/caller-context.ts'
import { LABEL } from '../../domain/container-spec.ts'
import type { StopReason } from '../../domain/outcome.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'
import { earlyStarts } from '../pool/early-starts.ts'
import { isQuiet, taskPool } from '../pool/pool.ts'
import type { LiveTask } from '../task/live-task.ts'
import { bringCallerContext } from './bring-caller-context.ts'
import { createTask, type NewTask } from './create-task.ts'
import { hookRunner } from './hook-runner.ts'
import { recoverTasks } from './recover-tasks.ts'
import { taskRegistry } from './registry.ts'
import type { Scheduler } from './scheduler.ts'
import { interruptTurn, stopTurns } from './stop-turns.ts'
import { taskLock } from './task-lock.ts'
import { beginTask } from './turn-loop.ts'
import { type Candidate, turnQueue } from './turn-queue.ts'
import { warmContainers } from './warm-containers.ts'

/** Runs a closure that may queue turns, alone on its task: they begin after it. If it throws, the task stays as it was. */
const exclusive = (scheduler: Scheduler, id: string, use: (live: LiveTask) => Promise<void>): Promise<TaskRecord> => {
  const { registry, alone } = scheduler
  return alone(id, async () => {
    const entry = registry.get(id)
    const live = entry?.live ?? registry.open(id)
    try {
      await use(live)
    } catch (error) {
      if (entry === undefined) await live.close()
      throw error
    }
    if (entry === undefined) beginTask(scheduler, live, null)
    registry.changed()
    return live.record
  })
}

/** Brings a taken-over task the key and caller context that were lost with an earlier supervisor. */
const bringTo = ({ deps, registry }: Scheduler, id: string, caller: CallerContext): void => {
  const live = registry.get(id)?.live
  if (live === undefined || live.callerContext !== null) return
  bringCallerContext({ deps, live, caller }).catch((error: unknown) =>
    deps.log({ level: 'error', msg: 'caller context', task: id, error: String(error) }),
  )
}

type Left = { readonly id: string; readonly engine: Engine }

const removeContainers = async ({ id, engine }: Left): Promise<void> => {
  for (const container of await engine.list({ [LABEL.task]: id })) await engine.remove(container.id)
}

/** What runs the tasks: the queue, the warm containers, the pool and the hooks, joined. */
const joined = (deps: Deps, shutdown: AbortSignal) => {
  const hooks = hookRunner({
    deps,
    write: (id, ...events) => lock.withTask(id, (live) => live.commit(...events)),
    onIdle: () => registry.changed(),
  })
  const registry = taskRegistry(deps, hooks.due)
  const lock = taskLock(registry)
  const queue = turnQueue({
    limits: () => deps.config.settings().queue,
    // What waits for a person has a container, and no place.
    holds: (id) => registry.get(id)?.live.record.state !== 'blocked',
  })
  const warm = warmContainers({ deps, withTask: lock.withTask, shutdown, onChange: registry.changed })
  const pool = taskPool({
    deps,
    isQuiet: () => !early.busy() && registry.all().every(({ live }) => isQuiet(live)),
    shutdown,
    onChange: registry.changed,
  })
  const early = earlyStarts<Candidate>({
    deps,
    shutdown,
    mayBegin: queue.mayBegin,
    isAhead: pool.fits,
    onChange: registry.changed,
  })
  registry.onChange(queue.admit)
  registry.onChange(pool.touch)
  const scheduler: Scheduler = { deps, registry, queue, alone: lock.alone, warm, shutdown }
  return { scheduler, withTask: lock.withTask, pool, early, hooks }
}

/** How the supervisor ends: what is under way stays for the next one. */
const ending = ({ scheduler, pool, early, hooks }: ReturnType<typeof joined>, shutdown: AbortController) => {
  const { deps, registry, warm } = scheduler
  /** What was under way, or waited warm, when this supervisor left. */
  const left: Left[] = []
  return {
    /** Leaves every turn as it is: the agents go on, the next supervisor takes over. */
    async shutDown(): Promise<void> {
      const entries = registry.all()
      for (const { live } of entries) {
        const { id, engine: kind, endpoint } = live.record
        left.push({ id, engine: deps.engines.at(kind, endpoint) })
      }
      left.push(...warm.waiting())
      shutdown.abort(new Error('the supervisor shuts down'))
      await Promise.allSettled([pool.close(), early.close(), ...entries.map((entry) => entry.over)])
      await hooks.shutDown()
    },
    /** For when the state folder is gone, after `shutDown`: nobody will come back for the containers of these turns. */
    async abandon(): Promise<void> {
      await Promise.allSettled(left.map(removeContainers))
    },
  }
}

/** The tasks of this supervisor: which are under way, and the way to every other one's journal. */
export const superviseTasks = (deps: Deps) => {
  const shutdown = new AbortController()
  const parts = joined(deps, shutdown.signal)
  const { scheduler, withTask, pool, early, hooks } = parts
  const { registry, queue, warm } = scheduler
  const { folderOf, open, onRecord, removed, onChange } = registry

  return {
    folderOf,
    open,
    onRecord,
    removed,
    onChange,
    withTask,
    pool,
    early,
    create: (input: NewTask): Promise<TaskRecord> => createTask(scheduler, input),
    /** Takes over every task that an earlier supervisor left in the middle, or over but not cleaned up. */
    recover: () => recoverTasks({ scheduler, withTask, hooks }),
    exclusive: (id: string, use: (live: LiveTask) => Promise<void>) => exclusive(scheduler, id, use),
    /** Ends the turn that runs, or waits for a time, so that the next one begins. */
    interrupt: async (id: string): Promise<void> => {
      const entry = registry.get(id)
      if (entry !== undefined) await interruptTurn(entry, 'interrupted by a later prompt')
    },
    /** Has a task looked at whose turn waited for a time, and does not any more. */
    wake: (id: string): void => registry.get(id)?.wake.abort(),
    /** Gives a planned turn that waits another plan. */
    replacePlan(id: string, plan: Plan): void {
      const planned = registry.get(id)?.planned ?? null
      if (planned?.plan.turn === plan.turn && planned.plan.attempt === plan.attempt) planned.plan = plan
    },
    /** False where a turn would have to wait for its place. */
    mayBegin: queue.mayBegin,
    /** Place in the queue, from 1; null for a task that is not in it. */
    position: queue.position,
    /** Asks for a stop and waits until the turn is over. A task that is not under way is left as it is. */
    async stop(id: string, reason: StopReason, now: boolean): Promise<void> {
      const entry = registry.get(id)
      if (entry === undefined) return
      await stopTurns(entry, reason, now)
      await warm.letGo(id)
    },
    bringCallerContext: (id: string, caller: CallerContext): void => bringTo(scheduler, id, caller),
    /** True while a task lacks the caller context that its plan names. */
    wantsCallerContext: () => registry.all().some(({ live }) => live.callerContext === null),
    running: () => registry.all().map(({ live }) => live.id),
    /** Resolves when a turn that runs, or is cleaned up after, is through. */
    settled: (id: string) => registry.get(id)?.over ?? Promise.resolve(),
    /** Resolves when no warm container waits for a task that is over. */
    letGo: warm.letGo,
    /** True while there is something to do, or a container waits for it. */
    busy: () => registry.size > 0 || warm.size > 0 || pool.busy() || early.busy() || hooks.busy(),
    live: (id: string) => registry.get(id)?.live,
    ...ending(parts, shutdown),
  }
}

export type Tasks = ReturnType<typeof superviseTasks>

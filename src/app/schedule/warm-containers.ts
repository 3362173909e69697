import { existsSync } from 'node:fs'
import { FINAL } from '../../domain/task.ts'
import { taskFolders } from '../../domain/task-paths.ts'
import type { Engine } from '../../engines/engine.ts'
import { onAbort } from '../../std/abort.ts'
import { idleContainers } from '../container/idle-containers.ts'
import type { Deps } from '../deps.ts'
import { lastPlan } from '../task/journal-plans.ts'
import type { LiveTask } from '../task/live-task.ts'
import { endContainer } from '../turn/end-container.ts'

/** The warm containers of tasks that are over; such a task is not under way. */
export const warmContainers = (input: {
  readonly deps: Pick<Deps, 'egress' | 'engines' | 'installation' | 'log' | 'tokens'>
  readonly withTask: <T>(id: string, use: (live: LiveTask) => Promise<T>) => Promise<T>
  /** The supervisor shuts down: the containers stay for the next one. */
  readonly shutdown: AbortSignal
  readonly onChange: () => void
}) => {
  const { deps, withTask, shutdown, onChange } = input
  const engines = new Map<string, Engine>()

  /** Removes a container whose time is over, or that is asked for no more. Idempotent. */
  const letGo = async (id: string): Promise<void> => {
    forget(id)
    try {
      await withTask(id, async (live) => {
        // A prompt that came first has it.
        if (live.record.kept == null || !FINAL.has(live.record.state)) return
        const plan = lastPlan(live)
        const engine = deps.engines.at(plan.engine.kind, plan.engine.endpoint)
        await endContainer({ deps, live, plan, engine }, shutdown)
      })
    } finally {
      onChange()
    }
  }
  const idle = idleContainers((id) => {
    letGo(id).catch((error: unknown) => {
      if (!shutdown.aborted && existsSync(taskFolders(deps.installation.folders, id).task))
        deps.log({ level: 'error', msg: 'warm container', task: id, error: String(error) })
    })
  })
  onAbort(shutdown, idle.close)
  const forget = (id: string): void => {
    idle.forget(id)
    engines.delete(id)
  }

  return {
    /** Watches the container that the task's last turn has left, until it is forgotten or goes. */
    watch({ id, record: { kept, container } }: LiveTask, engine: Engine): void {
      if (kept == null || container === null || shutdown.aborted) return
      engines.set(id, engine)
      idle.watch({ ...kept, id, container: container.id, engine, until: Date.parse(kept.until) })
    },
    /** A turn takes it, or takes another one. */
    forget,
    /** Resolves when no warm container waits for the task. */
    letGo: async (id: string): Promise<void> => {
      if (idle.has(id)) await letGo(id)
    },
    /** The tasks whose containers wait, and where. */
    waiting: () => [...engines].filter(([id]) => idle.has(id)).map(([id, engine]) => ({ id, engine })),
    get size() {
      return idle.size
    },
  }
}

export type WarmContainers = ReturnType<typeof warmContainers>

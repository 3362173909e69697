import { existsSync } from 'node:fs'
import type { Caller } from '../../domain/caller.ts'
import { LABEL } from '../../domain/container-spec.ts'
import { BerthError } from '../../domain/errors.ts'
import type { StopReason } from '../../domain/outcome.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { keyedLock } from '../../std/keyed-lock.ts'
import type { Deps } from '../deps.ts'
import { isQuiet, taskPool } from '../pool/pool.ts'
import { type LiveTask, liveTask, type TaskHooks } from '../task/live-task.ts'
import { type NewTask, newTask } from '../task/new-task.ts'
import { bringWorld } from './bring-world.ts'
import { hookRunner } from './hook-runner.ts'
import { keepTasks } from './keep-tasks.ts'
import type { Job } from './next-turn.ts'
import { recoverTasks } from './recover-tasks.ts'
import { interruptTurn, stopTurns } from './stop-turns.ts'
import { drive, type Entry } from './turn-loop.ts'
import { turnQueue } from './turn-queue.ts'

/** The tasks of this supervisor: which are under way, and the way to every other one's journal. */
export const taskRegistry = (deps: Deps) => {
  const running = new Map<string, Entry>()
  const leaving = new AbortController()
  const changed = new Set<() => void>()
  const told = new Set<() => void>()
  const onRecord = () => {
    for (const tell of told) tell()
  }
  const folderOf = (id: string) => `${deps.installation.folders.state}/tasks/${id}`
  const journalPath = (id: string) => `${folderOf(id)}/events.jsonl`
  const queue = turnQueue({
    limits: () => deps.config.settings().queue,
    // What waits for a person has a container, and no place.
    holds: (id) => running.get(id)?.live.record.state !== 'blocked',
  })
  const onChange = () => {
    queue.admit()
    pool.touch()
    for (const tell of changed) tell()
  }

  const toHooks: TaskHooks = {
    states: () => deps.config.settings().hook?.states ?? new Set(),
    due: (due, written) => hooks.due(due, written),
  }

  const open = (id: string): LiveTask => {
    const known = running.get(id)
    if (known !== undefined) return known.live
    if (!existsSync(journalPath(id))) throw new BerthError('not-found', `${id}: there is no such task`)
    const stored = deps.store.get(id)
    return liveTask({
      id,
      folder: folderOf(id),
      journal: deps.store.journal(journalPath(id)),
      store: deps.store,
      record: stored?.record,
      onChange,
      onRecord,
      hooks: toHooks,
    })
  }

  const lock = keyedLock()
  const hooks = hookRunner({
    deps,
    write: (id, ...events) => withTask(id, (live) => live.commit(...events)),
    onIdle: onChange,
  })
  const end = async ({ live }: Entry): Promise<void> => {
    running.delete(live.id)
    await live.close().catch(() => {})
    onChange()
  }

  /** Runs a closure alone on a task; its journal is opened for that long where the task is not under way. */
  const withTask = <T>(id: string, use: (live: LiveTask) => Promise<T>): Promise<T> =>
    lock(id, async () => {
      const known = running.get(id)
      if (known !== undefined) return await use(known.live)
      const live = open(id)
      try {
        return await use(live)
      } finally {
        await live.close()
      }
    })

  const kept = keepTasks({ deps, withTask, leaving: leaving.signal, onChange })
  const pool = taskPool({
    deps,
    isQuiet: () => [...running.values()].every(({ live }) => isQuiet(live)),
    leaving: leaving.signal,
    onChange,
  })

  /** Runs a task's turns, beginning with one that is planned, or with the next that is queued. */
  const begin = (live: LiveTask, first: Job | null): void => {
    const entry: Entry = { live, control: null, wake: new AbortController(), job: null, over: Promise.resolve() }
    running.set(live.id, entry)
    entry.over = drive({ deps, queue, lock, kept, leaving: leaving.signal, end }, entry, first)
  }

  const make = async (input: NewTask): Promise<TaskRecord> => {
    const live = await newTask(input, { deps, folder: folderOf(input.id), onChange, onRecord, hooks: toHooks })
    const record = live.record
    begin(live, { plan: input.plan, engine: input.engine })
    onChange()
    return record
  }

  /** What was under way when this supervisor left. */
  const left: TaskRecord[] = []

  return {
    folderOf,
    open,
    withTask,
    /**
     * A new task with its first turn: on the disk when this returns, launched behind it. One that is there already, as
     * of a submit that was sent again while its first try was planned, stays as it is.
     */
    create: (input: NewTask): Promise<TaskRecord> =>
      lock(input.key, async () => {
        const known = deps.store.submitted(input.key)
        if (known !== undefined) return running.get(known.id)?.live.record ?? known
        return await (input.id === input.key ? make(input) : lock(input.id, () => make(input)))
      }),
    /** Takes over every task that an earlier supervisor left in the middle, or over but not cleaned up. */
    recover: () => recoverTasks({ deps, folderOf, open, withTask, begin, lock, hooks }),
    /**
     * Runs a closure that may queue turns, alone on its task: the turns begin behind it. What it throws leaves the task
     * as it was.
     */
    exclusive: (id: string, use: (live: LiveTask) => Promise<void>): Promise<TaskRecord> =>
      lock(id, async () => {
        const entry = running.get(id)
        const live = entry?.live ?? open(id)
        try {
          await use(live)
        } catch (error) {
          if (entry === undefined) await live.close()
          throw error
        }
        if (entry === undefined) begin(live, null)
        onChange()
        return live.record
      }),
    /** Ends the turn that runs, or waits for a time, so that the next one begins. */
    interrupt: async (id: string): Promise<void> => {
      const entry = running.get(id)
      if (entry !== undefined) await interruptTurn(entry, 'interrupted by a later prompt')
    },
    /** Has a task looked at whose turn waited for a time, and does not any more. */
    wake: (id: string): void => running.get(id)?.wake.abort(),
    pool,
    /** False where a turn would have to wait for its place. */
    mayBegin: queue.mayBegin,
    /** Place in the queue, from 1; null for a task that is not in it. */
    position: queue.position,
    /** Asks for a stop and waits until the turn is over. A task that is not under way is left as it is. */
    async stop(id: string, reason: StopReason, now: boolean): Promise<void> {
      const entry = running.get(id)
      if (entry === undefined) return
      await stopTurns(entry, reason, now)
      await kept.letGo(id)
    },
    /** A taken-over task's key and surroundings, lost with an earlier supervisor, come back with a caller who has them. */
    bringWorld(id: string, caller: Caller): void {
      const live = running.get(id)?.live
      if (live !== undefined && live.surroundings === null)
        void bringWorld({ deps, live, caller }).catch((error: unknown) =>
          deps.log({ level: 'error', msg: 'world', task: id, error: String(error) }),
        )
    },
    /** True while a task lacks the surroundings that its plan names. */
    wantsWorld: () => [...running.values()].some(({ live }) => live.surroundings === null),
    running: () => [...running.keys()],
    /** Resolves when a turn that runs, or is cleaned up after, is through. */
    settled: (id: string) => running.get(id)?.over ?? Promise.resolve(),
    /** Resolves when no container is kept for a task that is over. */
    letGo: kept.letGo,
    /** True while there is something to do, or a container waits for it. */
    busy: () => running.size > 0 || kept.size > 0 || pool.busy() || hooks.busy(),
    live: (id: string) => running.get(id)?.live,
    /** Tells that the record of a task, or the list of them, is another one now. */
    onRecord: (tell: () => void) => {
      told.add(tell)
      return () => void told.delete(tell)
    },
    changedRecord: onRecord,
    onChange: (tell: () => void) => {
      changed.add(tell)
      return () => void changed.delete(tell)
    },
    /** For when the state folder is gone, after `leave`: nobody will come back for the containers of these turns. */
    async abandon(): Promise<void> {
      const remove = async ({ id, engine: kind, endpoint }: TaskRecord) => {
        const engine = deps.engines.at(kind, endpoint)
        for (const container of await engine.list({ [LABEL.task]: id })) await engine.remove(container.id)
      }
      await Promise.allSettled(left.map(remove))
    },
    /** Leaves every turn as it is: the agents go on, the next supervisor takes over. */
    async leave(): Promise<void> {
      left.push(...[...running.values()].map(({ live }) => live.record))
      leaving.abort(new Error('the supervisor leaves'))
      await Promise.allSettled([pool.close(), ...[...running.values()].map((entry) => entry.over)])
      await hooks.leave()
    },
  }
}

export type Tasks = ReturnType<typeof taskRegistry>

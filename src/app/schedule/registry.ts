import { existsSync } from 'node:fs'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { taskFolders, taskPaths } from '../../domain/task-paths.ts'
import type { Deps } from '../deps.ts'
import { type LiveTask, liveTask } from '../task/live-task.ts'
import { outputClaims } from '../task/output-claims.ts'
import type { TaskHooks } from '../task/task-journal.ts'
import type { TurnControl } from '../turn/control.ts'
import type { PlannedTurn } from './next-turn.ts'

/** A task that is under way: it has a turn that runs, waits for its place or for a time, or is cleaned up after. */
export type Entry = {
  readonly live: LiveTask
  control: TurnControl | null
  /** Ends what the task waits for, so that it is looked at again. */
  wake: AbortController
  /** The turn in hand: a begun one, or the next that waits. */
  planned: PlannedTurn | null
  /** That turn and its clean-up. */
  runningTurn: Promise<void> | null
  over: Promise<void>
}

const listeners = () => {
  const all = new Set<() => void>()
  return {
    tell(): void {
      for (const tell of all) tell()
    },
    /** Returns what takes the listener off again. */
    add(tell: () => void): () => void {
      all.add(tell)
      return () => void all.delete(tell)
    },
  }
}

/** The tasks that are under way, the journals of all others, and who is told when one of them changes. */
export const taskRegistry = (deps: Pick<Deps, 'config' | 'installation' | 'store'>, due: TaskHooks['due']) => {
  const entries = new Map<string, Entry>()
  const changes = listeners()
  const records = listeners()
  const folderOf = (id: string) => taskFolders(deps.installation.folders, id).task
  const journalPath = (id: string) => taskPaths(folderOf(id)).journal
  const hooks: TaskHooks = { states: () => deps.config.settings().hook?.states ?? new Set(), due }
  const claims = outputClaims(deps.store)
  const live = (id: string, record: TaskRecord | undefined): LiveTask =>
    liveTask({
      id,
      folder: folderOf(id),
      journal: deps.store.journal(journalPath(id)),
      store: deps.store,
      record,
      onChange: changes.tell,
      onRecord: records.tell,
      hooks,
      claims,
    })

  return {
    folderOf,
    /** Begins the journal of a new task; its folder is there. */
    begin: (id: string): LiveTask => live(id, undefined),
    /** A task that is there; whoever opens one that is not under way closes it. */
    open(id: string): LiveTask {
      const known = entries.get(id)
      if (known !== undefined) return known.live
      if (!existsSync(journalPath(id))) throw new BerthError('not-found', `${id}: there is no such task`)
      return live(id, deps.store.get(id)?.record)
    },
    /** Takes a task onto the list of those under way. */
    add: (entry: Entry): void => void entries.set(entry.live.id, entry),
    /** Takes a task off that list and closes its journal. */
    async end({ live: ended }: Entry): Promise<void> {
      entries.delete(ended.id)
      await ended.close().catch(() => {})
      changes.tell()
    },
    get: (id: string): Entry | undefined => entries.get(id),
    all: (): readonly Entry[] => [...entries.values()],
    get size() {
      return entries.size
    },
    /** Tells that a task has another state, or that there is more or less to do. */
    changed: changes.tell,
    onChange: changes.add,
    /** Tells that a task was removed. */
    removed(): void {
      changes.tell()
      records.tell()
    },
    /** Tells that the record of a task, or the list of them, is another one now. */
    onRecord: records.add,
  }
}

export type Registry = ReturnType<typeof taskRegistry>

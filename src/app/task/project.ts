import { existsSync, readdirSync, statSync } from 'node:fs'
import { BerthError } from '../../domain/errors.ts'
import { reduce } from '../../domain/reduce.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { taskPaths, tasksFolder } from '../../domain/task-paths.ts'
import { errorMessage } from '../../std/error-message.ts'
import type { Deps } from '../deps.ts'
import { recordUsage } from './record-usage.ts'

export type Projected = {
  /** Records that were made from their journals. */
  readonly made: number
  /** The tasks that these are of. */
  readonly ids: readonly string[]
  readonly damaged: readonly { readonly id: string; readonly error: string }[]
}

/** The record that a journal comes to, read from its first line; throws corrupt-record with the journal's path. */
export const recordFrom = (reader: Deps['store']['reader'], path: string): TaskRecord => {
  let record: TaskRecord | undefined
  try {
    for (const event of reader(path).read()) {
      if (event.seq !== (record?.seq ?? 0) + 1)
        throw new BerthError(
          'corrupt-record',
          `${path}: event ${event.seq} is where event ${(record?.seq ?? 0) + 1} should be`,
        )
      record = reduce(record, event)
    }
  } catch (error) {
    if (error instanceof BerthError && error.message.startsWith(path)) throw error
    throw new BerthError('corrupt-record', `${path}: ${errorMessage(error)}`, {
      cause: error,
    })
  }
  if (record === undefined) throw new BerthError('corrupt-record', `${path}: the journal is empty`)
  return record
}

/** The tasks of a state folder whose journals cannot be read; nothing is opened for writing. */
export const damagedJournals = (state: string, reader: Deps['store']['reader']): Projected['damaged'] => {
  const tasks = tasksFolder(state)
  return (existsSync(tasks) ? readdirSync(tasks).sort() : []).flatMap((id) => {
    const path = taskPaths(`${tasks}/${id}`).journal
    try {
      if (existsSync(path)) recordFrom(reader, path)
      return []
    } catch (error) {
      return [{ id, error: errorMessage(error) }]
    }
  })
}

/** Removes the rows of tasks that are not there, and keeps what they used. */
const removeGone = (deps: Pick<Deps, 'log' | 'store'>, known: Iterable<string>, there: ReadonlySet<string>): void => {
  for (const id of known) {
    if (there.has(id)) continue
    recordUsage(deps, deps.store.get(id)?.record)
    deps.store.remove(id)
  }
}

/**
 * Brings the store to where the journals are: rows that are missing or behind are made from them, all of them with
 * `all`. A damaged journal is named and breaks no other; its row stays as it was last.
 */
export const project = (
  deps: Pick<Deps, 'installation' | 'log' | 'store'>,
  { all }: { readonly all: boolean },
): Projected => {
  const tasks = tasksFolder(deps.installation.folders.state)
  if (deps.store.asLeft && !all) return { made: 0, ids: [], damaged: [] }
  const known = deps.store.offsets()
  const ids = existsSync(tasks) ? readdirSync(tasks).sort() : []
  const damaged: { id: string; error: string }[] = []
  const made: string[] = []
  if (all) removeGone(deps, known.keys(), new Set(ids))
  for (const id of ids) {
    const path = taskPaths(`${tasks}/${id}`).journal
    const size = statSync(path, { throwIfNoEntry: false })?.size
    if (size === undefined || (!all && known.get(id) === size)) continue
    try {
      const record = recordFrom(deps.store.reader, path)
      if (all) deps.store.remove(id)
      // Behind until what lies beside the journal is written, too: one who is killed over that is followed by one who looks again.
      deps.store.put(record, all ? size : 0)
      made.push(id)
    } catch (error) {
      damaged.push({ id, error: errorMessage(error) })
    }
  }
  return { made: made.length, ids: made, damaged }
}

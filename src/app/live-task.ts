import type { Event, EventBody } from '../domain/event.ts'
import { reduce } from '../domain/reduce.ts'
import type { TaskRecord } from '../domain/task.ts'
import type { Journal, Store } from '../store/store.ts'

const SYNC_MS = 100

/** A caller's secrets and surroundings, in memory for as long as the task needs them. */
export type Surroundings = {
  readonly world: Readonly<Record<string, string>>
  readonly key: string | null
  readonly env: Readonly<Record<string, string>>
}

/** A task that this supervisor owns: its journal is open, its record is kept current. */
export type LiveTask = {
  readonly id: string
  readonly folder: string
  readonly journal: Journal
  readonly record: TaskRecord
  surroundings: Surroundings | null
  /** Writes events and tells followers; on the disk within 100 ms. */
  append(...events: readonly EventBody[]): readonly Event[]
  /** Writes events that an effect follows: on the disk, and in the store, when it resolves. */
  commit(...events: readonly EventBody[]): Promise<void>
  flush(): Promise<void>
  close(): Promise<void>
}

export const liveTask = (input: {
  readonly id: string
  readonly folder: string
  readonly journal: Journal
  readonly store: Store
  readonly record: TaskRecord | undefined
  readonly onChange: (record: TaskRecord) => void
}): LiveTask => {
  const { journal, store } = input
  let record = input.record
  let timer: NodeJS.Timeout | null = null
  let stored = 0
  for (const event of journal.read(record?.seq ?? 0)) record = reduce(record, event)

  const current = (): TaskRecord => {
    if (record === undefined) throw new Error(`${input.id}: the journal is empty`)
    return record
  }
  const project = () => {
    if (record === undefined || record.seq === stored) return
    store.put(record, journal.offset)
    stored = record.seq
  }
  const flush = async () => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    await journal.sync()
    project()
  }
  const append = (...bodies: readonly EventBody[]) => {
    if (bodies.length === 0) return []
    const events = journal.append(bodies)
    const before = record?.state
    for (const event of events) record = reduce(record, event)
    timer ??= setTimeout(() => void flush().catch(() => {}), SYNC_MS).unref()
    if (record !== undefined && record.state !== before) input.onChange(record)
    return events
  }
  return {
    id: input.id,
    folder: input.folder,
    journal,
    get record() {
      return current()
    },
    surroundings: null,
    append,
    async commit(...events) {
      append(...events)
      await flush()
    },
    flush,
    async close() {
      await flush()
      journal.close()
    },
  }
}

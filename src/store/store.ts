import type { Event, EventBody } from '../domain/event.ts'
import type { Wanted } from '../domain/event-line.ts'
import type { IndexedType } from '../domain/indexed-events.ts'
import type { State, TaskRecord } from '../domain/task.ts'
import type { UsedTask } from '../domain/used-task.ts'

export type TaskFilter = {
  readonly states?: readonly State[]
  /** Also what is over, and what is archived. */
  readonly all: boolean
  /** What is archived, and nothing else. */
  readonly archived?: boolean
  readonly labels?: Readonly<Record<string, string>>
  readonly provider?: string
  readonly limit?: number
}

export type FoundTask = { readonly id: string; readonly name: string | null }

/** The projection of all journals. Queries run on SQLite here and on Postgres in a fleet. */
export interface Store extends AsyncDisposable {
  /** True where it was closed in good order and nothing has touched it since: no row is behind its journal. */
  readonly asLeft: boolean
  /** Writes the record and the offset of the journal it was made from (bytes); one transaction. */
  put(record: TaskRecord, offset: number): void
  get(id: string): { readonly record: TaskRecord; readonly offset: number } | undefined
  /** The task that a submit has made which was sent with this id. */
  submitted(key: string): TaskRecord | undefined
  /** The task that was created last comes first. */
  list(filter: TaskFilter): readonly TaskRecord[]
  /** Ids and names that start with the text (or are it), at most 20. */
  find(prefix: string): readonly FoundTask[]
  /**
   * Tasks whose id ends in the text, whose container's id begins with it (12 letters or more), or whose agent session
   * has it as its id or ends in it (8 or more); at most 20. It looks at every task.
   */
  findElsewhere(text: string): readonly FoundTask[]
  /** Tasks that are not over, or over and not cleaned up, or with a hook that is still to be told; the oldest first. */
  unfinished(): readonly string[]
  /** Every task's id with the offset of its journal that its row was made from. */
  offsets(): ReadonlyMap<string, number>
  remove(id: string): void
}

/** The usage of tasks that were removed: in no database, so that neither a rebuild nor a damaged one takes it away. */
export interface UsageLedger {
  /** On the disk when it returns; what is there of the same task counts no more. Throws disk-full, and nothing is added. */
  add(task: UsedTask): void
  read(): readonly UsedTask[]
}

/** Whole lines of a journal. */
export type Lines = {
  /** Good until the next are asked for: the block that they lie in is read into again. */
  readonly bytes: Buffer
  /** All of them are what was asked for; where not, others may be among them. */
  readonly wanted: boolean
}

/** A task's events as they were written, by whoever; up to the last whole line. */
export interface JournalReader {
  /** What is there now, after a sequence number. */
  read(after?: number): Iterable<Event>
  /** Events of these types in their order, found without reading the rest; of what an agent can cause any number of, each turn's last. */
  select<T extends IndexedType>(...types: readonly T[]): Iterable<Extract<Event, { type: T }>>
  /** The number behind which the last `count` of the wanted events begin. */
  tail(count: number, wanted: Wanted): number
  /**
   * Lines after a sequence number, as many at a time as one read gives. The parts of a long journal that cannot hold
   * what is wanted are passed over.
   */
  lines(after: number, wanted: Wanted): Iterable<Lines>
}

/** A task's events: append-only, one writer, `seq` from 1 without holes. */
export interface Journal extends JournalReader {
  readonly path: string
  readonly seq: number
  /** Bytes written. */
  readonly offset: number
  /** Writes and tells followers; durable only after sync(). BerthError disk-full leaves the journal as it was. */
  append(bodies: readonly EventBody[]): readonly Event[]
  /** Resolves when all that was appended before is on the disk. */
  sync(): Promise<void>
  /** As `lines`, then what comes, until the signal or close. */
  follow(after: number, wanted: Wanted, signal: AbortSignal): AsyncIterable<Lines>
  close(): void
}

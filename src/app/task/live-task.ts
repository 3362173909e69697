import { BerthError } from '../../domain/errors.ts'
import type { Event, EventBody } from '../../domain/event.ts'
import { reduce, SAID } from '../../domain/reduce.ts'
import { nextState, TRANSITIONS } from '../../domain/states.ts'
import type { State, TaskRecord } from '../../domain/task.ts'
import { redactor } from '../../std/redact.ts'
import type { Journal, Store } from '../../store/store.ts'
import { type Due, dueOf } from './hook-due.ts'
import { secretsOf } from './secrets-of.ts'
import { saveSnapshot } from './snapshot.ts'

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
  /** It was here before: something of a turn that the journal does not know may lie about. */
  readonly reopened: boolean
  /** Null for a task that was taken over from a supervisor that is gone, until a caller brings them again. */
  readonly surroundings: Surroundings | null
  provide(surroundings: Surroundings): void
  /** The surroundings, waited for where they are lost. */
  provided(signal: AbortSignal): Promise<Surroundings>
  /** Masks the secrets that are known of this task. */
  redact(text: string): string
  /** Writes events and tells followers; on the disk within 100 ms. */
  append(...events: readonly EventBody[]): readonly Event[]
  /** Writes events that an effect follows: on the disk, and in the store, when it resolves. */
  commit(...events: readonly EventBody[]): Promise<void>
  /**
   * As commit, but the store says so only when `behind` has resolved: whoever starts after a kill in between finds the
   * journal ahead of the store, and does it again.
   */
  commitBefore(behind: () => Promise<void>, ...events: readonly EventBody[]): Promise<void>
  flush(): Promise<void>
  close(): Promise<void>
}

/** Who is told of a task's states. */
export type TaskHooks = {
  /** The states that there is a hook for now. */
  readonly states: () => ReadonlySet<State>
  /** `written` resolves when the word of it is on the disk. */
  readonly due: (due: Due, written: () => Promise<void>) => void
}

const STATE_EVENTS: ReadonlySet<string> = new Set(TRANSITIONS.map(({ event }) => event))

/**
 * Nothing is written that the table of states does not allow. What leads to a state that a hook is for gets a word of it
 * behind itself: both are written at once, so that no supervisor's death comes between them.
 */
const checked = (
  before: TaskRecord | undefined,
  bodies: readonly EventBody[],
  hooked: () => ReadonlySet<State>,
): readonly EventBody[] => {
  if (!bodies.some(({ type }) => STATE_EVENTS.has(type))) return bodies
  let record = before
  return bodies.flatMap((body): readonly EventBody[] => {
    if (nextState(record, body) === undefined) {
      const state = record === undefined ? 'a task that does not exist yet' : `state ${record.state}`
      const turn = 'turn' in body ? ` of turn ${body.turn}` : ''
      throw new BerthError('illegal-transition', `event ${body.type}${turn} is not allowed in ${state}`)
    }
    const from = record?.state ?? null
    record = reduce(record, { v: 1, seq: 0, at: '', ...body })
    const { state } = record
    return state !== from && hooked().has(state) ? [body, { type: 'hook.due', state, before: from }] : [body]
  })
}

export const liveTask = (input: {
  readonly id: string
  readonly folder: string
  readonly journal: Journal
  readonly store: Store
  readonly record: TaskRecord | undefined
  readonly onChange: (record: TaskRecord) => void
  /** The store has another record, of whatever change: more often than onChange. */
  readonly onRecord: () => void
  readonly hooks: TaskHooks
}): LiveTask => {
  const { journal, store } = input
  let record = input.record
  let surroundings: Surroundings | null = null
  let mask = (text: string) => text
  const brought = Promise.withResolvers<Surroundings>()
  let timer: NodeJS.Timeout | null = null
  let stored = 0
  let changed = false
  try {
    if (record !== undefined && journal.seq < record.seq)
      throw new BerthError(
        'corrupt-record',
        `${journal.path}: ends at event ${journal.seq}, but the database has ${record.seq} events`,
      )
    for (const event of journal.read(record?.seq ?? 0)) record = reduce(record, event)
  } catch (error) {
    journal.close()
    throw error
  }

  const current = (): TaskRecord => {
    if (record === undefined) throw new BerthError('corrupt-record', `${journal.path}: the journal is empty`)
    return record
  }
  const project = () => {
    if (record === undefined || record.seq === stored) return
    store.put(record, journal.offset)
    stored = record.seq
    if (changed) input.onRecord()
    changed = false
  }
  const sync = async () => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    await journal.sync()
  }
  const flush = async () => {
    await sync()
    project()
  }
  const append = (...bodies: readonly EventBody[]) => {
    if (bodies.length === 0) return []
    const events = journal.append(checked(record, bodies, input.hooks.states))
    const before = record?.state
    for (const [at, event] of events.entries()) {
      // There may be thousands at once, and the next one tells their number too.
      if (SAID.has(event.type) && at < events.length - 1) continue
      record = reduce(record, event)
      if (event.type === 'hook.due') input.hooks.due(dueOf(record, event, mask), flush)
    }
    timer ??= setTimeout(() => void flush().catch(() => {}), SYNC_MS).unref()
    saveSnapshot({ folder: input.folder, record: current(), before, events })
    if (record !== undefined && record.state !== before) input.onChange(record)
    changed ||= events.some(({ type }) => !SAID.has(type))
    return events
  }
  return {
    id: input.id,
    folder: input.folder,
    journal,
    get record() {
      return current()
    },
    reopened: input.record !== undefined,
    get surroundings() {
      return surroundings
    },
    provide(given) {
      surroundings = given
      mask = redactor(secretsOf(given))
      brought.resolve(given)
    },
    async provided(signal) {
      if (surroundings !== null) return surroundings
      signal.throwIfAborted()
      const aborted = Promise.withResolvers<never>()
      const onAbort = () => aborted.reject(signal.reason)
      signal.addEventListener('abort', onAbort)
      try {
        return await Promise.race([brought.promise, aborted.promise])
      } finally {
        signal.removeEventListener('abort', onAbort)
      }
    },
    redact: (text) => mask(text),
    append,
    async commit(...events) {
      append(...events)
      await flush()
    },
    async commitBefore(behind, ...events) {
      append(...events)
      await sync()
      await behind()
      project()
    },
    flush,
    async close() {
      await flush()
      journal.close()
    },
  }
}

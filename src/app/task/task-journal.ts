import { BerthError } from '../../domain/errors.ts'
import type { Event, EventBody } from '../../domain/event.ts'
import { AGENT_OUTPUT_EVENTS, reduce } from '../../domain/reduce.ts'
import type { State, TaskRecord } from '../../domain/task.ts'
import type { Journal, Store } from '../../store/store.ts'
import { type Due, dueOf } from './hook-due.ts'
import { legalEvents } from './legal-events.ts'
import type { OutputClaims } from './output-claims.ts'
import { outputFiles } from './output-files.ts'
import { saveSnapshot } from './snapshot.ts'

const SYNC_MS = 100

/** Who is told of a task's states. */
export type TaskHooks = {
  /** The states that there is a hook for now. */
  readonly states: () => ReadonlySet<State>
  /** `written` resolves when the word of it is on the disk. */
  readonly due: (due: Due, written: () => Promise<void>) => void
}

/** The record as the journal has it, from where the store's row ends. */
const broughtUp = (journal: Journal, stored: TaskRecord | undefined): TaskRecord | undefined => {
  let record = stored
  try {
    if (record !== undefined && journal.seq < record.seq)
      throw new BerthError(
        'corrupt-record',
        `${journal.path}: ends at event ${journal.seq}, but the database has ${record.seq} events`,
      )
    for (const event of journal.read(record?.seq ?? 0)) record = reduce(record, event)
    return record
  } catch (error) {
    journal.close()
    throw error
  }
}

export type TaskJournalInput = {
  readonly folder: string
  readonly journal: Journal
  readonly store: Store
  readonly record: TaskRecord | undefined
  readonly onChange: (record: TaskRecord) => void
  /** The store has another record, of whatever change: more often than onChange. */
  readonly onRecord: () => void
  readonly hooks: TaskHooks
  readonly claims: OutputClaims
}

/** A task's journal, and the record and the row of the store that follow it. `redact` masks what a hook is told. */
export const taskJournal = (input: TaskJournalInput, redact: (text: string) => string) => {
  const { journal, store, hooks } = input
  let record = broughtUp(journal, input.record)
  let timer: NodeJS.Timeout | null = null
  let stored = 0
  let changed = false

  const output = outputFiles({
    folder: input.folder,
    journal,
    claims: input.claims,
    // Not within the append that met it.
    onTrouble: (text) => void setImmediate(() => warn(text)),
  })

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
  const take = (events: readonly Event[]) => {
    for (const [at, event] of events.entries()) {
      // There may be thousands at once, and the next one tells their number too.
      if (AGENT_OUTPUT_EVENTS.has(event.type) && at < events.length - 1) continue
      record = reduce(record, event)
      if (event.type === 'hook.due') hooks.due(dueOf(record, event, redact), flush)
    }
  }
  const append = (...bodies: readonly EventBody[]): readonly Event[] => {
    if (bodies.length === 0) return []
    const events = journal.append(legalEvents(record, bodies, hooks.states))
    const before = record?.state
    take(events)
    timer ??= setTimeout(() => void flush().catch(() => {}), SYNC_MS).unref()
    const after = current()
    saveSnapshot({ folder: input.folder, record: after, before, events })
    output.take(after, before, events)
    if (after.state !== before) input.onChange(after)
    changed ||= events.some(({ type }) => !AGENT_OUTPUT_EVENTS.has(type))
    return events
  }
  const warn = (text: string): void => {
    try {
      append({ type: 'notice', level: 'warning', text })
    } catch {
      // The journal is closed, or its disk is full, too.
    }
  }
  return {
    get record() {
      return current()
    },
    append,
    /** Writes the files for other programs as the journal has them. */
    showOutput: () => output.take(current(), undefined, [...journal.read(journal.seq - 1)]),
    /** Resolves when these files are written. */
    outputSettled: output.settled,
    sync,
    flush,
  }
}

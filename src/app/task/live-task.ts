import type { Event, EventBody } from '../../domain/event.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { Journal } from '../../store/store.ts'
import { contextHolder, type HeldContext } from './held-context.ts'
import { type TaskJournalInput, taskJournal } from './task-journal.ts'

/** A task that this supervisor owns: its journal is open, its record is kept current. */
export type LiveTask = {
  readonly id: string
  readonly folder: string
  readonly journal: Journal
  readonly record: TaskRecord
  /** Reopened from disk: a killed supervisor may have left files or a container that the journal does not mention. */
  readonly fromDisk: boolean
  /** Null for a task that was taken over from a supervisor that is gone, until a caller brings it again. */
  readonly callerContext: HeldContext | null
  provide(callerContext: HeldContext): void
  /** The caller context; waits for a caller if it was lost. */
  provided(signal: AbortSignal): Promise<HeldContext>
  /** Has further secrets masked, beside those of the caller context. */
  hide(secrets: readonly string[]): void
  /** Masks the secrets that are known of this task. */
  redact(text: string): string
  /** Writes events and tells followers; on the disk within 100 ms. */
  append(...events: readonly EventBody[]): readonly Event[]
  /** Writes events that an effect follows: on the disk, and in the store, when it resolves. */
  commit(...events: readonly EventBody[]): Promise<void>
  /** Writes the files of --output again, which somebody may have removed. */
  showOutput(): void
  /** Brings the events to the disk; the store stays behind them until `flush`. */
  sync(): Promise<void>
  /** Brings the events to the disk, and the store to where they are. */
  flush(): Promise<void>
  close(): Promise<void>
}

export const liveTask = (input: TaskJournalInput & { readonly id: string }): LiveTask => {
  const { id, folder, journal } = input
  const caller = contextHolder()
  const journaled = taskJournal(input, caller.redact)
  const { append, sync, flush, showOutput, outputSettled } = journaled
  return {
    id,
    folder,
    journal,
    get record() {
      return journaled.record
    },
    fromDisk: input.record !== undefined,
    get callerContext() {
      return caller.given
    },
    provide: caller.provide,
    provided: caller.provided,
    hide: caller.hide,
    redact: caller.redact,
    append,
    async commit(...events) {
      append(...events)
      await flush()
    },
    showOutput,
    sync,
    flush,
    async close() {
      await flush()
      await outputSettled()
      journal.close()
    },
  }
}

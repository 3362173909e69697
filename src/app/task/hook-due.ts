import type { Event } from '../../domain/event.ts'
import { reduce } from '../../domain/reduce.ts'
import type { State, TaskRecord } from '../../domain/task.ts'
import { workBranch } from '../../domain/work-branch.ts'

const TEXT_KEPT = 4096

/** One run of the hook that is owed: all it needs, so that it outlives the task. */
export type Due = {
  readonly task: string
  /** Number of the event that says so. */
  readonly seq: number
  readonly state: State
  /** What it reads on stdin. */
  readonly json: string
  readonly env: Readonly<Record<string, string>>
  readonly redact: (text: string) => string
}

type DueEvent = Extract<Event, { type: 'hook.due' }>

const text = (value: string | null) => (value ?? '').replaceAll('\0', '').slice(0, TEXT_KEPT).toWellFormed()

/** `record`: as it was when the state was reached. */
export const dueOf = (record: TaskRecord, event: DueEvent, redact: (text: string) => string): Due => {
  const { id, repository } = record
  const { seq, at, state, before } = event
  const { hooksDue: _, ...task } = record
  const told = { v: 1, id: `${id}:${seq}`, at, task: id, state, before, reason: record.reason, record: task }
  const variables = {
    BERTH_EVENT: told.id,
    BERTH_TASK: id,
    BERTH_STATE: state,
    BERTH_TITLE: record.title,
    BERTH_REASON: record.reason,
    BERTH_REPO: repository.url,
    BERTH_OPERATOR_CONTACT: record.operatorContact ?? null,
    BERTH_BRANCH: workBranch(record),
  }
  return {
    task: id,
    seq,
    state,
    json: `${redact(JSON.stringify(told))}\n`,
    env: Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, redact(text(value))])),
    redact,
  }
}

/** What a journal says is still owed, as it was then. */
export const owedBy = (events: Iterable<Event>): readonly Due[] => {
  const owed = new Map<number, Due>()
  let record: TaskRecord | undefined
  for (const event of events) {
    record = reduce(record, event)
    if (event.type === 'hook.due')
      owed.set(
        event.seq,
        dueOf(record, event, (plain) => plain),
      )
    if (event.type === 'hook.ran') owed.delete(event.due)
  }
  return [...owed.values()]
}

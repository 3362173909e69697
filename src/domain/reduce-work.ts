import type { Changes } from './changes.ts'
import type { Event } from './event.ts'
import { publishedWords } from './published-words.ts'
import { isMended } from './states.ts'
import type { PullRequestRef, TaskRecord } from './task.ts'
import { hasRepository, recordOf, recordsOf, repositoriesOf, withRecordOf } from './work-part.ts'

type Of<T extends Event['type']> = Extract<Event, { readonly type: T }>
type Publishing = Of<'work.pushed' | 'pr.opened' | 'pr.updated'>
type WorkEvent =
  | Publishing
  | Of<'work.kept' | 'work.nothing' | 'work.rebased' | 'work.amended' | 'push.failed' | 'pr.failed'>
type Change<E> = (record: TaskRecord, event: E) => TaskRecord

/** The counted changes of earlier work are wrong for later work, so they go. */
const withChanges = ({ changes: _, ...record }: TaskRecord, changes: Changes | undefined): TaskRecord =>
  changes === undefined ? record : { ...record, changes }

const withoutPrError = ({ prError: _, ...record }: TaskRecord): TaskRecord => record

/** The record of a task whose next attempt begins: it publishes anew. */
export const unpublished = (record: TaskRecord): TaskRecord => {
  if (record.further === undefined) return withoutPrError(record)
  return repositoriesOf(record).reduce(
    (all, name) => withRecordOf(all, name, { ...withoutPrError(recordOf(all, name)), pushError: null }),
    record,
  )
}

/** The work of the last turn replaces that of the turn before. */
const kept: Change<Of<'work.kept'>> = (record, event) => {
  const { others: _, rewritten: __, uncommittedLeft: ___, ...rest } = withChanges(record, event.changes)
  const { head, wip, commits, uncommitted, branches, others = [], rewritten, left } = event
  return {
    ...rest,
    head,
    wip,
    commits,
    uncommitted,
    branches,
    ...(left !== undefined && { uncommittedLeft: left }),
    ...(others.length > 0 && { others }),
    ...(rewritten && { rewritten }),
  }
}

/** A patch has all changes since the folder was copied, so an empty one means no change at all. */
const ofCopy: Change<Of<'work.nothing' | 'work.patch'>> = (record, event) => {
  if (record.repository.kind !== 'copy') return record
  const { others: _, ...rest } = withChanges(record, event.type === 'work.patch' ? event.changes : undefined)
  return { ...rest, ...(event.others !== undefined && event.others.length > 0 && { others: event.others }) }
}

const rebased: Change<Of<'work.rebased'>> = (record, { head, wip, commits, onto, changes }) => {
  const { rewritten: _, ...rest } = withChanges(record, changes)
  return { ...rest, head, wip, commits, repository: { ...record.repository, base: onto } }
}

/** Where the uncommitted files are committed too, they are in the head. */
const amended: Change<Of<'work.amended'>> = (record, { before, head, commits }) =>
  record.head === before
    ? { ...record, head, wip: record.wip === before ? head : record.wip, commits, clean: false }
    : record

const pushed: Change<Of<'work.pushed'>> = (record, { remote, branch, sha }) => ({
  ...record,
  pushed: { remote, branch, sha },
  pushError: null,
})

const pullRequest = (record: TaskRecord, { number, url, state }: PullRequestRef): TaskRecord => ({
  ...withoutPrError(record),
  pr: { number, url, state },
})

/** Changes what the record says of the repository that the event names. */
const ofRepository =
  <E extends WorkEvent>(change: Change<E>): Change<E> =>
  (record, event) => {
    const name = event.repository ?? null
    return hasRepository(record, name) ? withRecordOf(record, name, change(recordOf(record, name), event)) : record
  }

/** What is published later gives the task the state that its turn would have given it, once it lacks nothing more. */
const published = <E extends Publishing>(change: Change<E>): Change<E> => {
  const changed = ofRepository<E>(change)
  return (record, event) => {
    const next = changed(record, event)
    if (record.outcome === null || !isMended(record, event)) return next
    const parts = recordsOf(next)
    const pushes = parts.map((part) => ({ repository: part.repository, pushed: part.pushed }))
    const reason = publishedWords(event.type === 'work.pushed' ? pushes : parts)
    return { ...next, outcome: { ...record.outcome, result: 'done', class: 'ok', reason }, reason }
  }
}

/** What the events of a task's work change in its record. */
export const WORK_STEPS = {
  'work.kept': ofRepository(kept),
  'work.nothing': ofRepository<Of<'work.nothing'>>(ofCopy),
  'work.patch': ofCopy,
  'work.pushed': published(pushed),
  'push.failed': ofRepository<Of<'push.failed'>>((record, { reason }) => ({ ...record, pushError: reason })),
  'pr.opened': published<Of<'pr.opened'>>(pullRequest),
  'pr.updated': published<Of<'pr.updated'>>(pullRequest),
  'pr.failed': ofRepository<Of<'pr.failed'>>((record, { reason }) => ({ ...record, prError: reason })),
  'work.rebased': ofRepository(rebased),
  'work.amended': ofRepository(amended),
} as const

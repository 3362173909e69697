import { BerthError } from '../../domain/errors.ts'
import type { TaskRecord, TaskRecordSeed } from '../../domain/task.ts'
import type { RepositoryName } from '../../domain/work-part.ts'
import type { JournalReader } from '../../store/store.ts'

/** Refuses a turn that the task does not have, or that never began. */
export const checkTurn = ({ id, turns }: TaskRecord, turn: number): void => {
  const found = turns.find((one) => one.turn === turn)
  if (found === undefined)
    throw new BerthError('not-allowed', `${id} has no turn ${turn}: its turns are 1 to ${turns.length}`)
  if (found.startedAt === null)
    throw new BerthError('not-allowed', `turn ${turn} of ${id} never began: it has no work to show`)
}

function* eventsOf(journal: JournalReader, repository: RepositoryName) {
  for (const event of journal.select('task.created', 'work.kept', 'work.rebased'))
    if (event.type === 'task.created' || (event.repository ?? null) === repository) yield event
}

const sourceOf = ({ source, further = {} }: TaskRecordSeed, repository: RepositoryName): TaskRecordSeed['source'] =>
  (repository === null ? undefined : further[repository]) ?? source

/**
 * From the work on a repository as the turn found it to the work as its agent left it; null where nothing of it was kept.
 * `record`: the one of that repository.
 */
export const rangeOfTurn = (
  record: TaskRecord,
  journal: JournalReader,
  turn: number,
  repository: RepositoryName,
): { readonly from: string; readonly to: string } | null => {
  checkTurn(record, turn)
  let from = record.fork?.head ?? ''
  let to: string | null = null
  for (const event of eventsOf(journal, repository)) {
    if (event.type === 'task.created') from ||= sourceOf(event.task, repository).base ?? ''
    else if (event.turn < turn) from = event.wip ?? event.head ?? from
    // What a rebase has brought in is not the turn's.
    else if (event.turn === turn && event.type === 'work.kept') to = event.wip ?? event.head
  }
  return to === null || to === from ? null : { from, to }
}

/** The turn whose patch holds all that a copied folder's task has changed since it was copied; null: nothing. */
export const patchTurn = (journal: JournalReader, until = Number.POSITIVE_INFINITY): number | null => {
  let found: number | null = null
  for (const event of journal.select('work.patch', 'work.nothing'))
    if (event.turn <= until) found = event.type === 'work.patch' ? event.turn : null
  return found
}

import type { ResultAnswer } from '../../api/answers.ts'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { JournalReader } from '../../store/store.ts'
import { keptJson, unfitProblems, unfitReason } from '../task/result-answer.ts'

/** Whether a result was asked for when the task was created. */
const isAsked = (journal: JournalReader): boolean => {
  for (const { task } of journal.select('task.created')) if (task.request.outputSchema !== undefined) return true
  return false
}

const whyNone = ({ id }: TaskRecord, journal: JournalReader, turn: number): string => {
  if (!isAsked(journal)) return `${id} was not asked for a result`
  const problems = unfitProblems({ journal }, turn)
  return problems === undefined
    ? `turn ${turn} of ${id} has no result`
    : `turn ${turn} of ${id}: ${unfitReason(problems)}`
}

/** The result of a turn, by default the last one. */
export const taskResult = (record: TaskRecord, journal: JournalReader, asked: number | undefined): ResultAnswer => {
  const turn = asked ?? record.turns.at(-1)?.turn ?? 1
  const json = keptJson({ journal }, turn)
  if (json === undefined) throw new BerthError('no-result', whyNone(record, journal, turn))
  return { id: record.id, turn, result: JSON.parse(json) }
}

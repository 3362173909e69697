import { BerthError } from './errors.ts'
import { VERBS, type Verb } from './states.ts'
import type { TaskRecord } from './task.ts'

/** Refuses what a task's state does not allow, and names what it does. */
export const allow = (record: Pick<TaskRecord, 'id' | 'state' | 'reason'>, verb: Verb): void => {
  const allowed = VERBS[record.state]
  if (allowed.includes(verb)) return
  const why = record.state === 'blocked' && record.reason !== null ? ` (${record.reason})` : ''
  const forced = verb === 'rm' ? ', rm --force' : ''
  throw new BerthError(
    'not-allowed',
    `${record.id} is ${record.state}${why}: ${verb} is not possible now; possible: ${allowed.join(', ')}${forced}`,
  )
}

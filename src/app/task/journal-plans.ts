import { readdirSync } from 'node:fs'
import { BerthError } from '../../domain/errors.ts'
import type { Plan } from '../../plan/plan.ts'
import type { LiveTask } from './live-task.ts'

/** False for a task whose first write was cut: nobody was told of it. */
export const isWhole = (live: LiveTask): boolean => {
  for (const _ of live.journal.select('turn.planned')) return true
  return false
}

/** True for a folder with a journal that was being begun, and nothing else: nobody was told of the task. */
export const isHalf = (folder: string): boolean =>
  readdirSync(folder).every((name) => name === 'events.jsonl' || name === 'files')

/** The plan of a task's last turn, as the journal has it. */
export const planOf = (live: LiveTask): Plan => {
  let plan: Plan | undefined
  for (const event of live.journal.select('turn.planned')) plan = event.plan as Plan
  if (plan === undefined) throw new BerthError('corrupt-record', `${live.journal.path}: the journal has no plan`)
  return plan
}

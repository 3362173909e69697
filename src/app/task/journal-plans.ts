import { readdirSync } from 'node:fs'
import { BerthError } from '../../domain/errors.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import type { Plan } from '../../plan/plan.ts'
import type { JournalReader } from '../../store/store.ts'

type Journaled = { readonly journal: Pick<JournalReader, 'select'> }

/** All plans of the journal, in the order in which they were made. */
function* plansIn({ journal }: Journaled): Generator<{ readonly turn: number; readonly plan: Plan }> {
  for (const { turn, plan } of journal.select('turn.planned')) yield { turn, plan: plan as Plan }
}

/** False for a task whose first write was cut: nobody was told of it. */
export const hasPlan = (live: Journaled): boolean => {
  for (const _ of plansIn(live)) return true
  return false
}

/** The last plan that fits. */
const lastOf = (live: Journaled, fits: (plan: Plan, turn: number) => boolean): Plan | undefined => {
  let found: Plan | undefined
  for (const { turn, plan } of plansIn(live)) if (fits(plan, turn)) found = plan
  return found
}

/** The plan that was made last, of whichever turn. */
export const lastPlan = (live: Journaled & { readonly journal: { readonly path?: string } }): Plan => {
  const found = lastOf(live, () => true)
  if (found === undefined)
    throw new BerthError('corrupt-record', `${live.journal.path ?? 'the task'}: the journal has no plan`)
  return found
}

/** The last plan for this attempt at this turn: an edit of the turn makes another one. */
export const planOfTurn = (live: Journaled, turn: number, attempt: number): Plan | undefined =>
  lastOf(live, (plan, own) => own === turn && plan.attempt === attempt)

/** The last plan with a container of this name: a warm container has several. */
export const planOfContainer = (live: Journaled, name: string): Plan | undefined =>
  lastOf(live, (plan) => plan.container.name === name)

/** True for a folder with a journal that was being begun, and nothing else: nobody was told of the task. */
export const isHalf = (folder: string): boolean => {
  const { journal, files, named } = taskPaths(folder)
  return readdirSync(folder).every((name) => [journal, files, named].includes(`${folder}/${name}`))
}

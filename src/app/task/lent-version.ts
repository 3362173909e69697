import type { Plan } from '../../plan/plan.ts'
import type { LiveTask } from './live-task.ts'

/** The tokens that went into the container of this attempt, by their version; null: none did. */
export const lentVersion = (
  { journal }: { readonly journal: Pick<LiveTask['journal'], 'select'> },
  { turn, attempt }: Pick<Plan, 'turn' | 'attempt'>,
): string | null => {
  let version: string | null = null
  for (const event of journal.select('login.lent'))
    if (event.turn === turn && event.attempt === attempt) version = event.version
  return version
}

import type { JournalReader } from '../../store/store.ts'

/** What a person asked of a turn, as it was last edited. */
export const promptOf = (live: { readonly journal: Pick<JournalReader, 'select'> }, turn: number): string => {
  let prompt = ''
  for (const event of live.journal.select('turn.queued', 'turn.edited')) if (event.turn === turn) prompt = event.prompt
  return prompt
}

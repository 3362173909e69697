import type { QueuedTurn } from '../../api/answers.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { TurnFile } from '../../domain/turn-file.ts'
import type { JournalReader } from '../../store/store.ts'

type Journaled = { readonly journal: Pick<JournalReader, 'select'> }

/** The event of a queued turn: its prompt, and the files that came with it. */
export const turnQueued = (turn: number, prompt: string, files: readonly TurnFile[]) => ({
  type: 'turn.queued' as const,
  turn,
  prompt,
  promptBytes: Buffer.byteLength(prompt),
  ...(files.length === 0 ? {} : { files }),
})

type PromptType = 'turn.queued' | 'turn.edited' | 'turn.again' | 'turn.rendered'

/** The last prompt that an event of these types gives the turn. */
const lastPrompt = ({ journal }: Journaled, turn: number, ...types: readonly PromptType[]): string => {
  let prompt = ''
  for (const event of journal.select(...types)) if (event.turn === turn) prompt = event.prompt
  return prompt
}

/**
 * The prompt that a person sent for the turn, as last edited, with the results of other tasks once they are in it.
 * `turn.again` does not count.
 */
export const askedPrompt = (live: Journaled, turn: number): string =>
  lastPrompt(live, turn, 'turn.queued', 'turn.edited', 'turn.rendered')

/** The prompt of the turn's latest attempt: the asked one, or that of a later `turn.again`, which counts. */
export const attemptPrompt = (live: Journaled, turn: number): string =>
  lastPrompt(live, turn, 'turn.queued', 'turn.edited', 'turn.again', 'turn.rendered')

/** The prompt that a person sent for the turn, if the results of other tasks are not in it yet. */
export const unrenderedPrompt = ({ journal }: Journaled, turn: number): string | undefined => {
  let prompt: string | undefined
  for (const event of journal.select('turn.queued', 'turn.edited', 'turn.rendered'))
    if (event.turn === turn) prompt = event.type === 'turn.rendered' ? undefined : event.prompt
  return prompt
}

/** The queued turns of a task in their order, with the prompts that a person sent. `turn.again` does not count. */
export const queuedPrompts = ({ record, journal }: Journaled & { readonly record: TaskRecord }): QueuedTurn[] => {
  const asked = new Map<number, QueuedTurn>()
  for (const event of journal.select('turn.queued', 'turn.edited')) {
    const { turn, at, prompt } = event
    if (event.type === 'turn.queued')
      asked.set(turn, { turn, queuedAt: at, editedAt: null, prompt, files: event.files ?? [] })
    const known = asked.get(turn)
    if (known !== undefined && event.type === 'turn.edited') asked.set(turn, { ...known, editedAt: at, prompt })
  }
  return record.turns.flatMap(({ turn, state }) => (state === 'queued' ? (asked.get(turn) ?? []) : []))
}

import { answerJson } from '../../domain/answer-json.ts'
import { BerthError } from '../../domain/errors.ts'
import { type Parsed, unparsed } from '../../std/parsed.ts'
import type { JournalReader } from '../../store/store.ts'

type Schema = Readonly<Record<string, unknown>>
type Journaled = { readonly journal: Pick<JournalReader, 'select'> }

/** Refuses what is no JSON Schema, before the task exists. */
export const refuseSchema = async (schema: Schema | undefined): Promise<void> => {
  if (schema === undefined) return
  const { schemaProblem } = await import('./schema-check.ts')
  const problem = schemaProblem(schema)
  if (problem !== null) throw new BerthError('bad-schema', `--output-schema: ${problem}`)
}

/** The value of an agent's message, if it fits the schema. The error has a line for each problem. */
export const checkAnswer = async (schema: Schema, message: string): Promise<Parsed<unknown>> => {
  const read = answerJson(message)
  if (!read.ok) return unparsed(read.error)
  const { checkValue } = await import('./schema-check.ts')
  return checkValue(schema, read.value)
}

/** What the agent said last in the turn's latest attempt; empty if it said nothing. */
export const attemptMessage = ({ journal }: Journaled, turn: number): string => {
  let text = ''
  for (const event of journal.select('turn.started', 'agent.message'))
    if (event.turn === turn) text = event.type === 'agent.message' ? event.text : ''
  return text
}

/** The JSON that was kept of the turn; a turn that began again has none until its next end. */
export const keptJson = ({ journal }: Journaled, turn: number): string | undefined => {
  let json: string | undefined
  for (const event of journal.select('turn.again', 'result.kept'))
    if (event.turn === turn) json = event.type === 'result.kept' ? event.json : undefined
  return json
}

/** Why the answer of the turn's latest attempt is no result; undefined if nobody found that. */
export const unfitProblems = ({ journal }: Journaled, turn: number): readonly string[] | undefined => {
  let problems: readonly string[] | undefined
  for (const event of journal.select('turn.started', 'result.unfit'))
    if (event.turn === turn) problems = event.type === 'result.unfit' ? event.problems : undefined
  return problems
}

/** The first problem, and how many more there are. */
export const unfitReason = (problems: readonly string[]): string => {
  const more = problems.length - 1
  return `the result does not fit the schema: ${problems[0] ?? 'no answer'}${more > 0 ? ` (and ${more} more)` : ''}`
}

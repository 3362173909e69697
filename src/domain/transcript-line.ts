import * as z from 'zod'

export const LINE_KINDS = [
  ...['prompt', 'message', 'tool', 'tool-result', 'error'],
  ...['started', 'held', 'question', 'answered', 'waiting', 'stopping', 'pushed', 'push-failed', 'notice', 'ended'],
] as const

/** A line of transcript.ndjson; schema/transcript.schema.json is made from it. */
export const transcriptLine = z.strictObject({
  time: z.string().describe('When it happened, ISO 8601.'),
  direction: z
    .enum(['in', 'out', 'system'])
    .describe('in: a prompt. out: what the agent says and does. system: what Berth says.'),
  kind: z.enum(LINE_KINDS),
  session: z.string().describe('The name of the session; the id of a task that has none.'),
  task: z.string().describe('The id of the task.'),
  turn: z.int().nullable().describe('The number of the turn; null for what is of none.'),
  branch: z.string().nullable().describe('The branch that has its work, or will have it.'),
  requires_operator: z.boolean().describe('A person must do something; true for a question.'),
  tags: z.array(z.string()),
  text: z.string(),
  truncated: z.literal(true).optional().describe('The text was longer; the journal has all of it.'),
})

export type TranscriptLine = Readonly<z.output<typeof transcriptLine>>

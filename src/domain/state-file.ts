import * as z from 'zod'
import { STATES } from './task.ts'

const text = z.string()
const maybe = text.nullable()
const time = text.describe('ISO 8601.')
const maybeTime = time.nullable()

/** The file state.json of a task; schema/state.schema.json is made from it. */
export const stateFile = z.strictObject({
  version: z.literal(1).describe('The version of this form. Within a version, keys are only added.'),
  updatedAt: time.describe('The time of the last event in this state, ISO 8601.'),
  task: text.describe('The id of the task.'),
  session: text.describe('The name of the session; the id of a task that has none.'),
  role: maybe,
  owner: maybe,
  manifest: maybe.describe('The name of the manifest that the session is of.'),
  title: text,
  state: z.enum(STATES).describe('docs/states.md has the table of states.'),
  phase: maybe.describe('What its turn is at; null if none runs.'),
  reason: maybe,
  question: maybe.describe('What it asks a person for; null while it asks for nothing.'),
  operatorContact: maybe.describe('Whom to ask about it, by --operator-contact.'),
  tags: z.array(text),
  provider: z.strictObject({ id: text, model: maybe }),
  repository: maybe.describe('The URL or the folder that it works on.'),
  branch: maybe.describe('The branch that has its work, or will have it.'),
  pushed: maybe.describe('The commit that Berth pushed last.'),
  repositories: z
    .array(
      z.strictObject({
        folder: maybe.describe('Its folder in the work tree; null if it is the only repository.'),
        repository: text,
        branch: maybe,
        pushed: maybe,
      }),
    )
    .describe('The same of each repository of the task; the first one is that of `repository` and `branch`.'),
  container: z
    .strictObject({ id: text, name: text })
    .nullable()
    .describe('Its container, while there is one; also after its end, until Berth removes it.'),
  workspace: maybe.describe('The folder of its work tree; null when that was removed.'),
  log: text.describe('The path of its journal, a line for each event.'),
  transcript: maybe.describe('The path of its transcript.'),
  mounts: z
    .array(z.strictObject({ source: text, target: text, readOnly: z.boolean(), role: text }))
    .describe('What the container of its last turn mounts.'),
  env: z.array(text).describe("The names of that container's variables, and of those of its agent."),
  turn: z.int().describe('The number of its last turn.'),
  outcome: z
    .strictObject({
      result: z.enum(['done', 'failed', 'stopped', 'died']),
      class: text,
      reason: text,
      exitCode: z.int().nullable(),
    })
    .nullable()
    .describe('How it ended; null while it is not over.'),
  createdAt: time,
  startedAt: maybeTime,
  endedAt: maybeTime,
})

export type StateFile = Readonly<z.output<typeof stateFile>>

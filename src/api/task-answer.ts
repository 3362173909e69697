import * as z from 'zod'
import type { Outcome } from '../domain/outcome.ts'
import { type ListedTask, STATES, type TaskRecord, type TaskStatus } from '../domain/task.ts'
import { schemaOf } from './schema-of.ts'

const state = z.enum(STATES)
const text = z.string()
const textOrNull = z.string().nullable()
const count = z.number()
const countOrNull = z.number().nullable()
const labels = z.record(z.string(), z.string())

export const usage = z
  .object({
    inputTokens: count,
    cachedTokens: count,
    outputTokens: count,
    reasoningTokens: count,
    costUsd: count.exactOptional().describe("Dollars by the agent CLI's own count."),
  })
  .meta({ id: 'Usage' })

const counted = {
  gatewayUsage: usage.exactOptional().describe('As the gateway counted it.'),
  models: z
    .array(z.object({ model: text, usage }))
    .exactOptional()
    .describe("The gateway's count by model."),
}

export const turnFile = z.object({ name: text, bytes: count, media: textOrNull }).meta({ id: 'TurnFile' })
const files = z.array(turnFile).exactOptional().describe('What was sent with the prompt.')

const outcome = schemaOf<Outcome>()(
  z.object({
    result: z.enum(['done', 'failed', 'stopped', 'died']),
    class: z.enum([
      ...(['ok', 'agent', 'auth', 'rate-limit', 'network', 'model', 'context', 'setup', 'engine', 'push'] as const),
      ...(['limit', 'oom', 'killed', 'stopped', 'withdrawn', 'internal'] as const),
    ]),
    reason: text,
    exitCode: countOrNull,
    retryAt: text.exactOptional().describe('When the model said that it can be asked again.'),
  }),
).meta({ id: 'Outcome', description: 'How a turn ended.' })

const fork = z
  .object({
    task: text,
    turn: count,
    head: text,
    wip: textOrNull,
    session: textOrNull,
    thread: usage.nullable(),
  })
  .exactOptional()
  .describe("The task and turn that the task was forked from, and that turn's work.")

const turn = z
  .object({
    turn: count,
    state,
    attempt: count,
    tries: count.describe('Attempts that failed and were followed by another.'),
    prompt: text,
    queuedAt: text,
    startedAt: textOrNull,
    endedAt: textOrNull,
    outcome: outcome.nullable(),
    usage: usage.nullable(),
    ...counted,
    files,
  })
  .meta({ id: 'Turn' })

const origin = {
  provider: z.object({
    id: text,
    version: textOrNull,
    model: textOrNull,
    args: z.array(text).describe('What stood behind `--`.'),
    options: labels.exactOptional(),
  }),
  engine: z.enum(['docker', 'podman', 'host']),
  endpoint: text,
  isolation: z.enum(['container', 'host']),
  policy: text,
  image: text,
  imageDigest: textOrNull,
  labels,
  variables: z
    .record(z.string(), z.enum(['given', 'named']))
    .exactOptional()
    .describe('The names of its own variables.'),
  profile: text.exactOptional(),
  fork,
  key: text.exactOptional().describe('The id that the submit was sent with, if the task has another one.'),
  priority: count.describe('Queued turns of a higher one begin first.'),
}

const place = {
  container: z
    .object({ id: text, name: text, state: z.enum(['created', 'running', 'exited', 'removed']), pid: countOrNull })
    .nullable(),
  kept: z
    .object({ until: text, frame: count, since: count })
    .nullable()
    .describe('The warm container that waits for a further prompt: until when, and the frame that said so.'),
  effective: z
    .array(z.object({ setting: text, asked: text, effective: text, enforced: z.boolean() }))
    .describe('Settings as the engine reports them, beside those that were asked for.'),
  workspace: textOrNull,
  layer: z.literal(true).exactOptional().describe('The workspace holds the changed files alone, over a shared tree.'),
}

const work = {
  repository: z.object({
    kind: text,
    url: textOrNull,
    ref: textOrNull,
    base: textOrNull,
    branch: textOrNull,
    pushBranch: textOrNull,
  }),
  commits: z.array(z.object({ sha: text, subject: text })),
  head: textOrNull,
  wip: textOrNull.describe('The commit of the uncommitted state.'),
  uncommitted: z.array(text),
  uncommittedLeft: count.exactOptional().describe('How many uncommitted files are not named.'),
  changes: z
    .object({ files: count, insertions: count, deletions: count })
    .exactOptional()
    .describe('How much the work changes against its base.'),
  branches: z.array(text),
  others: z
    .array(z.object({ name: text, sha: textOrNull, ref: text.exactOptional(), commits: count.exactOptional() }))
    .exactOptional()
    .describe('Other work of the task, branches among it.'),
  rewritten: z.literal(true).exactOptional().describe('Head does not build on the base.'),
  pushed: z.object({ branch: text, sha: text, remote: text }).nullable(),
  pushError: textOrNull,
}

const life = {
  id: text,
  name: textOrNull,
  title: text,
  state,
  phase: textOrNull,
  reason: textOrNull,
  outcome: outcome.nullable(),
  exitCode: countOrNull,
  createdAt: text,
  startedAt: textOrNull,
  endedAt: textOrNull,
}

const progress = {
  session: textOrNull.describe("The agent's session."),
  usage,
  ...counted,
  thread: usage.nullable().describe('The running sum of the agent session.'),
  turns: z.array(turn),
  warnings: z.array(text),
  clean: z.boolean().describe('Nothing of its turns is left on an engine or in the gateway.'),
  archived: z.boolean(),
  emptied: z.boolean().describe("An archive removed its workspace and the agent's session."),
  stopping: z.boolean(),
  waiting: z.object({ until: text, reason: text }).nullable(),
  activeMs: count.describe('Milliseconds that its turns ran, without the one that runs since `activeSince`.'),
  activeSince: textOrNull,
  unreachable: textOrNull.describe('Why the engine cannot be asked; the state is then the last one that is known.'),
  hooksDue: z.array(count).exactOptional().describe('Numbers of the events whose hooks are still to run.'),
  seq: count.describe("The number of its journal's last event."),
}

const cost = z
  .number()
  .nullable()
  .exactOptional()
  .describe("Dollars by the price table, else by the agent CLI's own count; null if neither knows.")

/** A task's record, as most verbs answer with it. */
export const taskRecord = schemaOf<TaskRecord>()(z.object({ ...life, ...origin, ...place, ...work, ...progress })).meta(
  { id: 'TaskRecord', description: 'A task as it stands; all of it is computed from its journal.' },
)

export const listedTask = schemaOf<ListedTask>()(z.intersection(taskRecord, z.object({ cost }))).meta({
  id: 'ListedTask',
})

export const taskStatus = schemaOf<TaskStatus>()(
  z.intersection(
    listedTask,
    z.object({
      prompt: text.exactOptional().describe("The last turn's whole prompt."),
      position: countOrNull.exactOptional().describe('The position in the queue, from 1; null outside of it.'),
    }),
  ),
).meta({ id: 'TaskStatus' })

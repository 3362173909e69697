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
    costUsd: count.exactOptional().describe("Dollars as the agent's CLI reports them."),
  })
  .meta({ id: 'Usage' })

const counted = {
  gatewayUsage: usage.exactOptional().describe('The count of the gateway.'),
  models: z
    .array(z.object({ model: text, usage }))
    .exactOptional()
    .describe("The gateway's count by model."),
}

export const turnFile = z.object({ name: text, bytes: count, media: textOrNull }).meta({ id: 'TurnFile' })
const files = z.array(turnFile).exactOptional().describe('The files that came with the prompt.')

const outcome = schemaOf<Outcome>()(
  z.object({
    result: z.enum(['done', 'failed', 'stopped', 'died']),
    class: z.enum([
      ...(['ok', 'agent', 'auth', 'rate-limit', 'network', 'model', 'context', 'setup', 'engine', 'push'] as const),
      ...(['limit', 'oom', 'killed', 'stopped', 'withdrawn', 'internal'] as const),
    ]),
    reason: text,
    exitCode: countOrNull,
    retryAt: text.exactOptional().describe('The time that the model named for a retry.'),
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
  .describe("For a fork: the task and turn that it began from, and that turn's work.")

const turn = z
  .object({
    turn: count,
    state,
    attempt: count,
    tries: count.describe('How many attempts failed and led to an automatic retry.'),
    prompt: text,
    queuedAt: text,
    startedAt: textOrNull,
    endedAt: textOrNull,
    outcome: outcome.nullable(),
    usage: usage.nullable(),
    ...counted,
    files,
    result: z
      .object({ fits: z.boolean(), attempt: count, checked: count.describe('How many answers were checked.') })
      .exactOptional()
      .describe("Whether the agent's answer fits the schema that was asked for."),
  })
  .meta({ id: 'Turn' })

const origin = {
  provider: z.object({
    id: text,
    version: textOrNull,
    model: textOrNull,
    args: z.array(text).describe('The arguments after `--`.'),
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
    .describe('The names of the --env variables: `given` with a value, or only `named`.'),
  tags: z.array(text).exactOptional().describe('The words of --tag.'),
  operatorContact: text.exactOptional().describe('Whom to ask about the task.'),
  output: z
    .object({ state: text.exactOptional(), transcript: text.exactOptional() })
    .exactOptional()
    .describe('The paths of its state.json and transcript.ndjson.'),
  manifest: z
    .object({ name: text, hash: text })
    .exactOptional()
    .describe('The manifest that the task is a session of, and the hash of what its row said.'),
  profile: text.exactOptional(),
  preset: text.exactOptional(),
  allow: z.array(text).exactOptional().describe('The rules on its network that --allow and the configuration name.'),
  deny: z.array(text).exactOptional(),
  liveRules: z
    .array(z.object({ target: text, effect: z.enum(['allow', 'deny']) }))
    .exactOptional()
    .describe('The rules that were added while the task was there, the oldest first.'),
  fork,
  after: z
    .array(z.object({ name: text, task: text }))
    .exactOptional()
    .describe('The tasks that it begins after, by the names that its prompt has for them.'),
  key: text.exactOptional().describe('The id of the submit, if the task took the id of a pre-started sandbox.'),
  priority: count.describe('Queued turns with a higher number start first.'),
}

const place = {
  container: z
    .object({ id: text, name: text, state: z.enum(['created', 'running', 'exited', 'removed']), pid: countOrNull })
    .nullable(),
  kept: z
    .object({ until: text, frame: count, since: count })
    .nullable()
    .describe('The warm container: until when it waits for a further prompt, and the frame that reported it.'),
  effective: z
    .array(z.object({ setting: text, asked: text, effective: text, enforced: z.boolean() }))
    .describe('Settings that Berth asked for, and the values that the engine reports.'),
  terminal: z
    .object({ columns: count, rows: count })
    .exactOptional()
    .describe('The size of the terminal that the agent runs on; absent if it runs on none, or no turn runs.'),
  workspace: textOrNull,
  layer: z.literal(true).exactOptional().describe('The workspace has only the changed files, over a shared tree.'),
}

const workPart = {
  repository: z.object({
    kind: text,
    url: textOrNull,
    ref: textOrNull,
    base: textOrNull,
    branch: textOrNull,
    pushBranch: textOrNull,
    folder: text.exactOptional().describe('Its folder in the work folder; absent if the task has no other repository.'),
  }),
  commits: z.array(z.object({ sha: text, subject: text })),
  head: textOrNull,
  wip: textOrNull.describe('The commit of the changes that the agent left uncommitted.'),
  uncommitted: z.array(text),
  uncommittedLeft: count.exactOptional().describe('How many further uncommitted files there are.'),
  changes: z
    .object({ files: count, insertions: count, deletions: count })
    .exactOptional()
    .describe('Counts of the changes against the base.'),
  branches: z.array(text),
  others: z
    .array(z.object({ name: text, sha: textOrNull, ref: text.exactOptional(), commits: count.exactOptional() }))
    .exactOptional()
    .describe('Unpublished work of the task: branches, tags, stashes and other commits.'),
  rewritten: z.literal(true).exactOptional().describe('The agent rewrote history: head does not build on the base.'),
  pushed: z.object({ branch: text, sha: text, remote: text }).nullable(),
  pushError: textOrNull,
  pr: z
    .object({ number: count, url: text, state: z.enum(['open', 'draft', 'merged', 'closed']) })
    .exactOptional()
    .describe('The pull request; its state is the one that Berth saw last.'),
  prError: text.exactOptional().describe("Why the last turn's pull request could not be opened or updated."),
}

const work = {
  ...workPart,
  further: z
    .record(z.string(), z.object(workPart))
    .exactOptional()
    .describe('The repositories beside the main one, and their work, by their folders.'),
  tokenInside: z
    .object({ repository: text, expiresAt: text.nullable(), pid: count })
    .exactOptional()
    .describe('A token of a forge that is in the container now; absent if none is.'),
}

const life = {
  id: text,
  name: textOrNull,
  title: text,
  mode: z.enum(['review', 'interactive']).exactOptional().describe('The mode of the request; absent for exec.'),
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
  thread: usage.nullable().describe('The sum over the whole agent session.'),
  turns: z.array(turn),
  denials: z
    .array(z.object({ host: textOrNull, port: countOrNull, reason: text, allow: textOrNull, count }))
    .exactOptional()
    .describe('The hosts that the last turn was denied, each with the rule that would allow it.'),
  login: text.exactOptional().describe('The login that the last turn used in place of a key.'),
  warnings: z.array(text),
  clean: z.boolean().describe('True if the turns have left nothing on an engine or in the gateway.'),
  archived: z.boolean(),
  emptied: z
    .boolean()
    .describe("True if an archive removed the workspace and the agent's session, or another task has it."),
  givenTo: text.exactOptional().describe('The task that has the folder of its workspace now.'),
  stopping: z.boolean(),
  waiting: z.object({ until: text, reason: text }).nullable(),
  activeMs: count.describe('How many milliseconds the turns ran, without the turn that runs since `activeSince`.'),
  activeSince: textOrNull,
  unreachable: textOrNull.describe('Why Berth cannot ask the engine; the state is then the last known state.'),
  hooksDue: z.array(count).exactOptional().describe('The numbers of the events for which the hook has not run yet.'),
  seq: count.describe("The number of the journal's last event."),
}

const cost = z
  .number()
  .nullable()
  .exactOptional()
  .describe("Dollars by the price table, else as the agent's CLI reports them; null if there is neither.")

/** A task's record, as most verbs answer with it. */
export const taskRecord = schemaOf<TaskRecord>()(z.object({ ...life, ...origin, ...place, ...work, ...progress })).meta(
  { id: 'TaskRecord', description: "The state of a task. Berth computes all of it from the task's journal." },
)

export const listedTask = schemaOf<ListedTask>()(z.intersection(taskRecord, z.object({ cost }))).meta({
  id: 'ListedTask',
})

export const taskStatus = schemaOf<TaskStatus>()(
  z.intersection(
    listedTask,
    z.object({
      prompt: text.exactOptional().describe("The last turn's whole prompt."),
      position: countOrNull
        .exactOptional()
        .describe('The position in the queue, from 1; null if the task is not queued.'),
      question: textOrNull.exactOptional().describe('What the task asks a person for; null if it asks for nothing.'),
    }),
  ),
).meta({ id: 'TaskStatus' })

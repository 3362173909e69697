import * as z from 'zod'
import type { ContainerReport } from '../domain/container-report.ts'
import type { Recording } from '../domain/recording.ts'
import type { PullRequestReport } from '../domain/task.ts'
import type { LoginRow } from '../views/login-table.ts'
import type { ProviderRow } from '../views/provider-table.ts'
import type { UsageRow } from '../views/usage-report.ts'
import { type Frozen, schemaOf } from './schema-of.ts'
import { listedTask, taskRecord, turnFile, usage } from './task-answer.ts'

export const nothing = z.object({})
export const removedTask = z.object({ id: z.string() })

export const removedSpares = z.object({ removed: z.number().describe('How many waited.') })

const check = z
  .object({ verdict: z.enum(['accepted', 'refused', 'unknown']), detail: z.string() })
  .nullable()
  .describe('The answer of the model server; null if Berth did not ask.')

export const authAnswer = z.object({
  credentials: z.array(
    z.object({
      agent: z.string(),
      variable: z.string(),
      reference: z.string(),
      kind: z.enum(['env', 'file', 'command']),
      found: z.boolean(),
      problem: z.string().nullable().describe('Why Berth found no value.'),
      check,
    }),
  ),
  logins: z.array(
    schemaOf<LoginRow>()(
      z.object({
        agent: z.string(),
        name: z.string(),
        service: z.string().nullable(),
        kind: z.enum(['subscription', 'token']).nullable().describe('`token`: it is not refreshed.'),
        who: z.string().nullable().describe('The account, as its issuer names it.'),
        plan: z.string().nullable(),
        expiresAt: z
          .string()
          .nullable()
          .describe('When the access token expires; Berth refreshes that of a subscription.'),
        lastUsed: z.string().nullable(),
        chosen: z.boolean().describe('Tasks without a key use it.'),
        tasks: z.array(z.string()).describe('The tasks that use it now.'),
        lentTo: z.string().nullable().describe('The task that has its tokens in a container.'),
        problem: z.string().nullable().describe('Why it does not work any more.'),
        check,
      }),
    ),
  ),
})

export const loginAnswer = z.object({
  agent: z.string(),
  name: z.string(),
  service: z.string(),
  kind: z.enum(['subscription', 'token']),
  who: z.string().nullable(),
  plan: z.string().nullable(),
  expiresAt: z.string().nullable(),
})
export const loginNameAnswer = z.object({ agent: z.string(), name: z.string() })
export const loginNamesAnswer = z.object({ logins: z.array(loginNameAnswer) })

const pullRequestReport = schemaOf<PullRequestReport>()(
  z.object({
    number: z.number(),
    url: z.string(),
    state: z.enum(['open', 'draft', 'merged', 'closed']),
    checks: z
      .enum(['none', 'pending', 'passed', 'failed', 'unknown'])
      .nullable()
      .describe(
        'The worst of the checks of the newest commit; unknown if the credentials may not read them, null if the forge was not reached.',
      ),
    reviews: z
      .object({ approved: z.number(), changesRequested: z.number() })
      .nullable()
      .describe('Counts of the newest reviews of each reviewer.'),
    reason: z.string().exactOptional().describe('Why the forge was not reached.'),
  }),
).meta({ id: 'PullRequestReport' })

export const pullRequestAnswer = z.object({ pr: pullRequestReport.nullable().describe('Null: the task has none.') })

export const pruneAnswer = z.object({
  dryRun: z.boolean(),
  pruned: z.array(
    z.object({
      kind: z.enum(['container', 'trash', 'log', 'tree', 'mirror', 'workspace', 'archive']),
      id: z.string(),
      bytes: z.number(),
    }),
  ),
  kept: z.array(z.object({ id: z.string(), why: z.string() })),
  bytes: z.number(),
  left: z.number().nullable().describe('The size of the state folder afterwards, in bytes; null without maxBytes.'),
  sandboxes: z.number().describe('How many pre-started sandboxes were removed, or would be; 0 with labels.'),
})

export const statusAnswer = z.object({
  api: z.number(),
  build: z.string(),
  pid: z.number(),
  startedAt: z.string(),
  state: z.string().describe('The state folder.'),
  running: z.number().describe('How many tasks run.'),
  pool: z
    .object({ waiting: z.number(), wanted: z.number(), spares: z.number() })
    .describe('Pre-started sandboxes: how many wait, how many shall wait, and how many wait that nobody asked for.'),
})

export const rebuildAnswer = z.object({
  made: z.number(),
  damaged: z.array(z.object({ id: z.string(), error: z.string() })),
})

export const queueAnswer = z.object({
  id: z.string(),
  turns: z.array(
    z.object({
      turn: z.number(),
      queuedAt: z.string(),
      editedAt: z.string().nullable(),
      prompt: z.string(),
      files: z.array(turnFile),
    }),
  ),
})

const networkRule = z.object({
  effect: z.enum(['allow', 'deny']),
  host: z.string().describe('A name, an address, or `*.example.org`.'),
  port: z.number().nullable().describe('Null: 80 and 443.'),
  tls: z.enum(['tunnel', 'inspect']),
  methods: z.array(z.string()).exactOptional(),
  paths: z.array(z.string()).exactOptional(),
  private: z.literal(true).exactOptional(),
  push: z.literal(true).exactOptional(),
  target: z.string().describe('What the user wrote.'),
  origin: z.enum(['policy', 'provider', 'forge', 'configuration', 'preset', 'flag', 'project', 'live']),
})

export const rulesAnswer = z.object({
  id: z.string(),
  network: z.enum(['none', 'engine', 'host']).describe('`none`: the task reaches only what the rules allow.'),
  rules: z.array(networkRule),
})

const committedWork = z.object({
  id: z.string(),
  kind: z.literal('clone'),
  publish: z.string().describe('The path of the publish repository.'),
  base: z.string(),
  head: z.string(),
  wip: z.string().nullable(),
  ref: z.string().exactOptional().describe('With the query `branch`: the ref of head in the publish repository.'),
})
export const workAnswer = z.union([
  committedWork,
  z.object({ id: z.string(), kind: z.literal('copy'), patch: z.string() }),
])

export const providersAnswer = z.object({
  providers: z.array(
    schemaOf<ProviderRow>()(
      z.object({
        id: z.string(),
        title: z.string(),
        configured: z.boolean(),
        installed: z.string().nullable().describe('The version in the toolbox.'),
        tested: z.string().nullable(),
        key: z.string().nullable(),
        keySet: z.boolean(),
        supports: z.object({ resume: z.boolean(), model: z.boolean(), usage: z.boolean() }),
      }),
    ),
  ),
})

export const usageAnswer = z.object({
  usage: z.array(
    schemaOf<UsageRow>()(
      z.object({
        by: z.record(z.string(), z.string()),
        turns: z.number(),
        usage: usage.describe('The count of the agents.'),
        gatewayUsage: usage.nullable().describe('The count of the gateway.'),
        gap: z.number().describe('How many tokens the gateway counted more than the agents.'),
        cost: z.number().nullable().describe("Dollars by the price table, else as the agent's CLI reports them."),
        unpricedTokens: z.number(),
      }),
    ),
  ),
})

export const resultAnswer = z.object({
  id: z.string(),
  turn: z.number(),
  result: z.unknown().describe('The JSON value; it fits the schema that was asked for.'),
})

export const recordingsAnswer = z.object({
  id: z.string(),
  recordings: z.array(
    schemaOf<Recording>()(
      z.object({
        turn: z.number(),
        startedAt: z.string().nullable(),
        seconds: z.number(),
        columns: z.number(),
        rows: z.number(),
        bytes: z.number().nullable().describe('The size of the file; null until the turn is over.'),
      }),
    ),
  ),
})

export const listAnswer = z.object({ tasks: z.array(listedTask) })

export const containerAnswer = schemaOf<ContainerReport>()(
  z.object({
    task: z.string(),
    name: z.string().nullable(),
    now: z
      .object({
        id: z.string(),
        state: z.string(),
        pid: z.number().nullable(),
        image: z.string(),
        startedAt: z.string().nullable(),
        finishedAt: z.string().nullable(),
        exitCode: z.number().nullable(),
        oom: z.boolean(),
      })
      .nullable()
      .describe(
        'The container as the engine reports it now; null if the engine has no container or Berth did not ask.',
      ),
    stats: z
      .object({
        memoryBytes: z.number(),
        cpuNanos: z.number(),
        cpuPercent: z.number().nullable(),
        pids: z.number().nullable(),
      })
      .nullable()
      .describe('One sample; `cpuPercent` is the share of one CPU.'),
    unreachable: z.string().nullable().describe('Why Berth could not ask the engine.'),
    ended: z
      .object({ exitCode: z.number().nullable(), oom: z.boolean(), error: z.string().nullable() })
      .nullable()
      .describe('How the last container ended.'),
    events: z
      .array(
        z.object({
          turn: z.number(),
          at: z.string(),
          action: z.string(),
          container: z.string(),
          exitCode: z.number().nullable(),
          signal: z.string().nullable(),
        }),
      )
      .describe("The engine's events of the task's containers, oldest first."),
  }),
)

export const planAnswer = z.object({
  plan: z.record(z.string(), z.unknown()).describe('The plan; its fields are no part of the contract.'),
  text: z.string().describe('The plan as text for people.'),
})

export const sessionsAnswer = z.object({
  sessions: z.array(
    z.object({
      session: z.string().describe('The id of the session.'),
      row: z.number(),
      result: z
        .enum(['created', 'unchanged', 'failed', 'planned'])
        .describe(
          '`unchanged`: the task of an earlier start is there. `failed`: its task could not be created. `planned`: a start would create it.',
        ),
      task: taskRecord.nullable(),
      warnings: z.array(z.string()),
      problem: z
        .object({ code: z.string(), message: z.string(), hint: z.string() })
        .nullable()
        .describe('Why the task could not be created.'),
    }),
  ),
})

export const problemAnswer = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    code: z.string(),
    detail: z.string(),
    hint: z.string().describe('What the user can do about the error.'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457; `code` is a row of docs/troubleshooting.md.' })

export type LoginAnswer = Frozen<z.output<typeof loginAnswer>>
export type AuthAnswer = Frozen<z.output<typeof authAnswer>>
export type PruneAnswer = Frozen<z.output<typeof pruneAnswer>>
export type StatusAnswer = Frozen<z.output<typeof statusAnswer>>
export type RebuildAnswer = Frozen<z.output<typeof rebuildAnswer>>
export type QueueAnswer = Frozen<z.output<typeof queueAnswer>>
/** A turn that waits for those before it. */
export type QueuedTurn = QueueAnswer['turns'][number]
export type RecordingsAnswer = Frozen<z.output<typeof recordingsAnswer>>
export type ResultAnswer = Frozen<z.output<typeof resultAnswer>>
export type RulesAnswer = Frozen<z.output<typeof rulesAnswer>>
/** A task's commits, in a repository of ours where they were checked. */
export type CommittedWork = Frozen<z.output<typeof committedWork>>
export type WorkAnswer = Frozen<z.output<typeof workAnswer>>
export type ProvidersAnswer = Frozen<z.output<typeof providersAnswer>>
export type UsageAnswer = Frozen<z.output<typeof usageAnswer>>
export type ListAnswer = Frozen<z.output<typeof listAnswer>>
export type SessionsAnswer = Frozen<z.output<typeof sessionsAnswer>>
export type PlanAnswer = Frozen<z.output<typeof planAnswer>>
/** RFC 9457. `code` is a row of domain/errors.ts. */
export type Problem = Frozen<z.output<typeof problemAnswer>>

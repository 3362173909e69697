import * as z from 'zod'
import { taskRequest } from '../domain/request.ts'
import type { ListedTask } from '../domain/task.ts'
import { FILE_NAME, MOST_FILES, type TurnFile } from '../domain/turn-file.ts'
import type { ProviderRow } from '../views/provider-table.ts'
import type { UsageRow } from '../views/usage-report.ts'

/** What both ends agree on. A changed meaning is a new number; added fields and routes are not. */
export const API_VERSION = 1
/** Bytes of the largest body that is taken. */
export const BODY_LIMIT = 64 * 1024 * 1024

const caller = z.strictObject({
  cwd: z.string(),
  uid: z.int().min(0),
  gid: z.int().min(0),
  env: z.record(z.string(), z.string()),
})

const taskId = z.string().regex(/^t-[0-9a-z]{18}$/)
const files = z
  .array(z.strictObject({ name: z.string().regex(FILE_NAME, 'not a plain file name'), data: z.base64() }))
  .max(MOST_FILES)
  .prefault([])

/** `settings` holds what flags would: config keys to their values as text, lists of text, or numbers and booleans. */
export const submitBody = z.strictObject({
  /** Chosen by the caller, so that a submit whose answer was lost can be sent again: it makes one task. */
  id: taskId.optional(),
  prompt: z.string(),
  settings: z.record(z.string(), z.unknown()).prefault({}),
  profile: z.string().optional(),
  files,
  caller,
})
/** As --env: NAME=VALUE, or NAME for the caller's own. */
const env = z.array(z.string()).prefault([])
export const worldBody = z.strictObject({ caller })
export const sendBody = z.strictObject({
  prompt: z.string(),
  interrupt: z.boolean().prefault(false),
  /** Chosen by the caller, so that a send whose answer was lost can be sent again: it makes one turn. */
  key: z.string().max(64).optional(),
  files,
  env,
  caller,
})
export const forkBody = z.strictObject({
  /** Chosen by the caller, so that a fork whose answer was lost can be asked for again: it makes one task. */
  id: taskId.optional(),
  turn: z.int().min(1).optional(),
  prompt: z.string().optional(),
  name: taskRequest.shape.name,
  title: taskRequest.shape.title,
  /** The work alone, without the agent's session. */
  newSession: z.boolean().prefault(false),
  files,
  env,
  caller,
})
export const editBody = z.strictObject({ prompt: z.string() })
export const resumeBody = z.strictObject({
  /** Chosen by the caller, so that a resume whose answer was lost can be sent again: it makes one try. */
  key: z.string().max(64).optional(),
  env,
  caller,
})
export const stopBody = z.strictObject({ now: z.boolean().prefault(false) })
export const pushBody = z.strictObject({ caller, to: z.string().optional() })
const side = z.int().min(1).max(65_535)
export const execSize = z.strictObject({ columns: side, rows: side })
export const execOpening = z.strictObject({
  argv: z.array(z.string()).min(1),
  tty: z.strictObject({ columns: side, rows: side, term: z.string() }).nullable(),
})
export const removeBody = z.strictObject({ force: z.boolean().prefault(false) })
export const archiveBody = z.strictObject({ force: z.boolean().prefault(false) })

export const authBody = z.strictObject({
  agents: z.array(z.string()).prefault([]),
  check: z.boolean().prefault(false),
  settings: z.record(z.string(), z.unknown()).prefault({}),
  profile: z.string().optional(),
  caller,
})

export type AuthAnswer = {
  readonly credentials: readonly {
    readonly agent: string
    readonly variable: string
    readonly reference: string
    readonly kind: 'env' | 'file' | 'command'
    readonly found: boolean
    /** Why it was not found. */
    readonly problem: string | null
    /** What the model's server said of it; null where it was not asked. */
    readonly check: { readonly verdict: 'accepted' | 'refused' | 'unknown'; readonly detail: string } | null
  }[]
}

export const pruneBody = z.strictObject({
  dryRun: z.boolean().prefault(false),
  force: z.boolean().prefault(false),
  olderThanMs: z.number().min(0).optional(),
  states: z
    .array(z.enum(['ready', 'done', 'failed', 'stopped', 'died']))
    .min(1)
    .optional(),
  /** Only tasks that bear all of these; then nothing that belongs to no task goes either. */
  labels: z.record(z.string(), z.string()).optional(),
  /** Bytes that the state folder may take. */
  maxBytes: z.int().min(0).optional(),
})

export type PruneAnswer = {
  readonly dryRun: boolean
  readonly pruned: readonly {
    readonly kind: 'container' | 'trash' | 'log' | 'tree' | 'mirror' | 'workspace' | 'archive'
    readonly id: string
    readonly bytes: number
  }[]
  readonly kept: readonly { readonly id: string; readonly why: string }[]
  readonly bytes: number
  /** What the state folder takes then; null where no budget was named. */
  readonly left: number | null
}
export type SubmitBody = z.input<typeof submitBody>
export type StatusAnswer = {
  readonly api: number
  readonly build: string
  readonly pid: number
  readonly startedAt: string
  readonly state: string
  readonly running: number
  /** Sandboxes that were started ahead: how many wait, and how many shall. */
  readonly pool: { readonly waiting: number; readonly wanted: number }
}
export type RebuildAnswer = {
  readonly made: number
  readonly damaged: readonly { readonly id: string; readonly error: string }[]
}
/** A turn that waits for those before it. */
export type QueuedTurn = {
  readonly turn: number
  readonly queuedAt: string
  readonly editedAt: string | null
  readonly prompt: string
  readonly files: readonly TurnFile[]
}
/** A task's commits, in a repository of ours where they were checked. */
export type CommittedWork = {
  readonly id: string
  readonly kind: 'clone'
  readonly publish: string
  readonly base: string
  readonly head: string
  readonly wip: string | null
  /** Where head is in publish, for other work that was asked for by its name. */
  readonly ref?: string
}
export type WorkAnswer = CommittedWork | { readonly id: string; readonly kind: 'copy'; readonly patch: string }
export type QueueAnswer = { readonly id: string; readonly turns: readonly QueuedTurn[] }
export type ProvidersAnswer = { readonly providers: readonly ProviderRow[] }
export type UsageAnswer = { readonly usage: readonly UsageRow[] }
export type ListAnswer = { readonly tasks: readonly ListedTask[] }
/** RFC 9457. `code` is a row of domain/errors.ts. */
export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly hint: string
}
export type PlanAnswer = { readonly plan: object; readonly text: string }

/** The API's routes; paths are below the socket's root. */
export const ROUTES = {
  status: { method: 'GET', path: '/v1/status' },
  shutdown: { method: 'POST', path: '/v1/shutdown' },
  rebuild: { method: 'POST', path: '/v1/rebuild' },
  world: { method: 'POST', path: '/v1/world' },
  submit: { method: 'POST', path: '/v1/tasks' },
  plan: { method: 'POST', path: '/v1/plan' },
  list: { method: 'GET', path: '/v1/tasks' },
  /** Server-sent events, or lines as of `events`: one at once, and one whenever the list has changed. */
  changes: { method: 'GET', path: '/v1/changes' },
  providers: { method: 'POST', path: '/v1/providers' },
  /** Query: `by`, keys with commas; `since`, ISO 8601. */
  usage: { method: 'GET', path: '/v1/usage' },
  task: { method: 'GET', path: '/v1/tasks/:id' },
  /** A ContainerReport. */
  container: { method: 'GET', path: '/v1/tasks/:id/container' },
  /**
   * Server-sent events, or with `accept: application/x-ndjson` the lines of the journal. Query: `after`, the number of the
   * last event that is known; `follow`, true or forever; `tail`, a count; `since`, ISO 8601; `turn`; `types`, with commas.
   */
  events: { method: 'GET', path: '/v1/tasks/:id/events' },
  output: { method: 'GET', path: '/v1/tasks/:id/output' },
  /**
   * Query: `stat` or `names`, true; `branch`, the name of other work of the task; `turn`, what that turn alone changed; `path`, a
   * file or folder from the top, may be given again.
   */
  diff: { method: 'GET', path: '/v1/tasks/:id/diff' },
  send: { method: 'POST', path: '/v1/tasks/:id/turns' },
  /** Query: `branch`, the name of other work of the task. */
  work: { method: 'GET', path: '/v1/tasks/:id/work' },
  fork: { method: 'POST', path: '/v1/tasks/:id/fork' },
  queue: { method: 'GET', path: '/v1/tasks/:id/queue' },
  edit: { method: 'PUT', path: '/v1/tasks/:id/queue/:turn' },
  withdraw: { method: 'DELETE', path: '/v1/tasks/:id/queue/:turn' },
  resume: { method: 'POST', path: '/v1/tasks/:id/resume' },
  stop: { method: 'POST', path: '/v1/tasks/:id/stop' },
  /** Upgrades the connection to `berth-exec`; see exec-frame.ts. */
  exec: { method: 'POST', path: '/v1/tasks/:id/exec' },
  push: { method: 'POST', path: '/v1/tasks/:id/push' },
  archive: { method: 'POST', path: '/v1/tasks/:id/archive' },
  unarchive: { method: 'POST', path: '/v1/tasks/:id/unarchive' },
  authStatus: { method: 'POST', path: '/v1/auth/status' },
  prune: { method: 'POST', path: '/v1/prune' },
  remove: { method: 'DELETE', path: '/v1/tasks/:id' },
} as const

import type { Changes } from './changes.ts'
import type { EffectiveSettings } from './effective-settings.ts'
import type { EngineKind } from './engine-kind.ts'
import type { Denial } from './network/denial.ts'
import type { LiveRule } from './network/live-rules.ts'
import type { OtherWork } from './other-work.ts'
import type { Outcome } from './outcome.ts'
import type { OutputPaths } from './output-place.ts'
import type { TaskRequest } from './request.ts'
import type { TurnFile } from './turn-file.ts'
import type { ModelUsage, Usage } from './usage.ts'
import type { Variables } from './variables.ts'
import type { TerminalSize } from './worker-protocol.ts'

export const STATES = ['queued', 'running', 'waiting', 'blocked', 'ready', 'done', 'failed', 'stopped', 'died'] as const
/**
 * The state of a task, and of each of its turns; `docs/states.md` has the table.
 *
 * @example
 * ```ts
 * const bad: readonly State[] = ['failed', 'died']
 * ```
 */
export type State = (typeof STATES)[number]
export const FINAL: ReadonlySet<State> = new Set(['ready', 'done', 'failed', 'stopped', 'died'])

/** A pull request, as it was when Berth last asked its forge. */
export type PullRequestRef = {
  readonly number: number
  /** Its page. */
  readonly url: string
  readonly state: 'open' | 'draft' | 'merged' | 'closed'
}

/**
 * A pull request and what its forge says of it now: the worst of the checks of its newest commit, and the newest review of
 * each reviewer.
 *
 * @example
 * ```ts
 * const mayMerge = ({ checks, reviews }: PullRequestReport) => checks === 'passed' && (reviews?.approved ?? 0) > 0
 * ```
 */
export type PullRequestReport = PullRequestRef & {
  /** unknown: the credentials may not read them. Null: the forge was not reached. */
  readonly checks: 'none' | 'pending' | 'passed' | 'failed' | 'unknown' | null
  readonly reviews: { readonly approved: number; readonly changesRequested: number } | null
  /** Why the forge was not reached; the rest is then what Berth saw last. */
  readonly reason?: string
}

/** Where a fork begins: another task's work and agent session as they were at the end of a turn. */
export type ForkPoint = {
  readonly task: string
  readonly turn: number
  readonly head: string
  readonly wip: string | null
  readonly session: string | null
  readonly thread: Usage | null
}

/** What Berth knows of a task when it creates it: the journal's first line. No secret: references only. */
export type TaskRecordSeed = {
  readonly id: string
  readonly name: string | null
  /** The whole request without the prompt, which is in its turn. */
  readonly request: Omit<TaskRequest, 'prompt'>
  readonly provider: { readonly id: string; readonly version: string | null }
  readonly engine: { readonly id: EngineKind; readonly endpoint: string }
  readonly image: string
  readonly workspace: string | null
  /** The workspace has only the changed files: the others are in a shared tree. */
  readonly layer?: true
  readonly labels: Readonly<Record<string, string>>
  readonly source: {
    readonly kind: string
    readonly url: string | null
    readonly ref: string | null
    readonly base: string | null
    readonly branch: string | null
    readonly pushBranch: string | null
    /** Its folder in the work folder; absent: it is the only repository. */
    readonly folder?: string
  }
  /** The sources of the repositories beside the main one, by their folders; absent: none. */
  readonly further?: Readonly<Record<string, TaskRecordSeed['source']>>
  readonly fork?: ForkPoint
  /** The id that the submit was sent with, if the task has the id of a pre-started sandbox instead. */
  readonly key?: string
}

/**
 * The projection of a task's journal: what `berth status --json` prints.
 *
 * @example
 * ```ts
 * const branchOf = ({ pushed }: TaskRecord) => pushed?.branch ?? null
 * ```
 */
export type TaskRecord = {
  readonly id: string
  readonly name: string | null
  readonly title: string
  /** The request's mode; absent for exec. */
  readonly mode?: 'review' | 'interactive'
  readonly state: State
  readonly phase: string | null
  readonly reason: string | null
  readonly outcome: Outcome | null
  readonly exitCode: number | null
  readonly createdAt: string
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly provider: {
    readonly id: string
    readonly version: string | null
    readonly model: string | null
    /** Behind `--`, as they were passed. */
    readonly args: readonly string[]
    /** By --provider-arg; absent in the record of an older version. */
    readonly options?: Readonly<Record<string, string>>
  }
  readonly engine: EngineKind
  readonly endpoint: string
  readonly isolation: 'container' | 'host'
  readonly policy: string
  readonly image: string
  readonly imageDigest: string | null
  readonly container: {
    readonly id: string
    readonly name: string
    readonly state: 'created' | 'running' | 'exited' | 'removed'
    readonly pid: number | null
  } | null
  /** The warm container waits for a further prompt: until when, and the number of the worker's `idle` frame. */
  readonly kept: { readonly until: string; readonly frame: number; readonly since: number } | null
  readonly effective: EffectiveSettings
  /** The size of the terminal that its agent runs on; absent if it runs on none, or no turn runs. */
  readonly terminal?: TerminalSize
  readonly repository: {
    readonly kind: string
    readonly url: string | null
    readonly ref: string | null
    readonly base: string | null
    readonly branch: string | null
    readonly pushBranch: string | null
    /** Its folder in the work folder; absent: it is the only repository. */
    readonly folder?: string
  }
  /** The repositories beside the main one and their work, by their folders; absent: none. */
  readonly further?: Readonly<Record<string, WorkPart>>
  readonly commits: readonly { readonly sha: string; readonly subject: string }[]
  readonly head: string | null
  /** Commit of the uncommitted state, where there was any. */
  readonly wip: string | null
  readonly uncommitted: readonly string[]
  /** How many more uncommitted files there are; absent if all are named. */
  readonly uncommittedLeft?: number
  /** What the work changes against its base; absent if Berth kept nothing, and in the record of an older version. */
  readonly changes?: Changes
  readonly branches: readonly string[]
  /** Other work with its own commits, branches included; absent: none. */
  readonly others?: readonly OtherWork[]
  /** Head does not build on the base. */
  readonly rewritten?: true
  /** The name of the login that the last turn used; absent: a key, or nothing. */
  readonly login?: string
  readonly pushed: { readonly branch: string; readonly sha: string; readonly remote: string } | null
  readonly pushError: string | null
  /** A token of a forge that is in its container now; absent: none is. */
  readonly tokenInside?: {
    readonly repository: string
    /** ISO 8601; null: it has no end, or the forge was not asked yet. */
    readonly expiresAt: string | null
    /** The daemon that keeps it fresh. */
    readonly pid: number
  }
  /** Its pull request; absent: it has none. */
  readonly pr?: PullRequestRef
  /** Why the last turn's pull request could not be opened or updated; absent: nothing failed. */
  readonly prError?: string
  readonly session: string | null
  readonly usage: Usage
  /** The gateway's own count; absent where it has counted nothing. */
  readonly gatewayUsage?: Usage
  /** That count by model; absent where no answer named one. */
  readonly models?: readonly ModelUsage[]
  /** The agent session's running sum of tokens, where its CLI reports one. */
  readonly thread: Usage | null
  readonly labels: Readonly<Record<string, string>>
  /** The names of the task's own variables; absent if it has none. */
  readonly variables?: Variables
  /** Words by --tag; absent: none. */
  readonly tags?: readonly string[]
  /** Whom to ask about the task; absent: nobody was named. */
  readonly operatorContact?: string
  /** The paths of its state.json and its transcript, by --output and --transcript-dir; absent: it has none. */
  readonly output?: OutputPaths
  /** The manifest that the task is a session of, and the hash of what its row said; absent: of none. */
  readonly manifest?: { readonly name: string; readonly hash: string }
  /** The profile of the config file that was selected at its start. */
  readonly profile?: string
  /** The preset, likewise. */
  readonly preset?: string
  /** The rules on its network that were asked for; absent: none. `berth net rules ID` lists all with their hosts. */
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
  /** What `berth allow` and `berth deny` said of it, the oldest first; absent: nothing. */
  readonly liveRules?: readonly LiveRule[]
  /** The hosts that the last turn was denied; absent: none. */
  readonly denials?: readonly Denial[]
  readonly fork?: ForkPoint
  /** The tasks that it begins after, by the names that its prompt has for them; absent: none. */
  readonly after?: readonly { readonly name: string; readonly task: string }[]
  /** The id that the submit was sent with, if the task has another id: the same submit again gets this record. */
  readonly key?: string
  readonly turns: readonly {
    readonly turn: number
    readonly state: State
    readonly attempt: number
    /** How many tries failed and led to an automatic retry. */
    readonly tries: number
    readonly prompt: string
    readonly queuedAt: string
    readonly startedAt: string | null
    readonly endedAt: string | null
    readonly outcome: Outcome | null
    readonly usage: Usage | null
    readonly gatewayUsage?: Usage
    readonly models?: readonly ModelUsage[]
    /** What was sent with the prompt. */
    readonly files?: readonly TurnFile[]
    /** The answer to --output-schema that was checked last; absent: none was. */
    readonly result?: {
      readonly fits: boolean
      readonly attempt: number
      /** How many answers of the turn were checked. */
      readonly checked: number
    }
  }[]
  readonly warnings: readonly string[]
  readonly workspace: string | null
  /** The workspace has only the changed files: the others are in a shared tree. */
  readonly layer?: true
  /** No engine and no gateway has anything left of its turns. */
  readonly clean: boolean
  /** Archived by `berth archive`: not listed, and it takes no further turn. */
  readonly archived: boolean
  /** `berth archive` deleted its workspace and the agent's session, or another task has its workspace. */
  readonly emptied: boolean
  /** The task that has the folder of its workspace now; absent: none has it. */
  readonly givenTo?: string
  /** Somebody asked for a stop, and it is under way. */
  readonly stopping: boolean
  /** Until when its turn waits, ISO 8601, and what for. */
  readonly waiting: { readonly until: string; readonly reason: string } | null
  /** Queued turns with a higher priority begin first. */
  readonly priority: number
  /** Milliseconds that its turns ran, without the one that runs since `activeSince`. */
  readonly activeMs: number
  readonly activeSince: string | null
  /** Why the engine does not answer, while it does not; the state is then the last known one. */
  readonly unreachable: string | null
  /** Numbers of the events for which a hook must still run; absent: none. */
  readonly hooksDue?: readonly number[]
  readonly seq: number
}

/** What the record says of one repository and of the work there: the main one's fields, and those of each further one. */
export type WorkPart = Pick<
  TaskRecord,
  | 'repository'
  | 'commits'
  | 'head'
  | 'wip'
  | 'uncommitted'
  | 'uncommittedLeft'
  | 'changes'
  | 'branches'
  | 'others'
  | 'rewritten'
  | 'pushed'
  | 'pushError'
  | 'pr'
  | 'prError'
>

/**
 * What `berth ls` shows of a task: its record and its cost.
 *
 * @example
 * ```ts
 * const sum = (tasks: readonly ListedTask[]) => tasks.reduce((all, { cost }) => all + (cost ?? 0), 0)
 * ```
 */
export type ListedTask = TaskRecord & {
  /** Dollars by the price table, else by the agent CLI's own count; null where neither knows. */
  readonly cost?: number | null
}

/**
 * What `berth status` shows of a task: its record, and facts that only the supervisor knows.
 *
 * @example
 * ```ts
 * const isNext = ({ position }: TaskStatus) => position === 1
 * ```
 */
export type TaskStatus = ListedTask & {
  /** The whole prompt of the last turn. */
  readonly prompt?: string
  /** Position in the queue, from 1; null if the turn waits for no limit of the queue. Lists do not have it. */
  readonly position?: number | null
  /** What it asks a person for; null while it asks for nothing. Lists do not have it. */
  readonly question?: string | null
}

import type { Changes } from './changes.ts'
import type { EffectiveSettings } from './effective-settings.ts'
import type { EngineKind } from './engine-kind.ts'
import type { OtherWork } from './other-work.ts'
import type { Outcome } from './outcome.ts'
import type { TaskRequest } from './request.ts'
import type { TurnFile } from './turn-file.ts'
import type { ModelUsage, Usage } from './usage.ts'
import type { Variables } from './variables.ts'

export const STATES = ['queued', 'running', 'waiting', 'blocked', 'ready', 'done', 'failed', 'stopped', 'died'] as const
export type State = (typeof STATES)[number]
export const FINAL: ReadonlySet<State> = new Set(['ready', 'done', 'failed', 'stopped', 'died'])

/** Where a fork begins: another task's work and agent session as they were at the end of a turn. */
export type ForkPoint = {
  readonly task: string
  readonly turn: number
  readonly head: string
  readonly wip: string | null
  readonly session: string | null
  readonly thread: Usage | null
}

/** What is known of a task when it is created; stands in the journal's first line. No secret: references only. */
export type TaskRecordSeed = {
  readonly id: string
  readonly name: string | null
  /** All that was asked but the prompt, which stands in its turn. */
  readonly request: Omit<TaskRequest, 'prompt'>
  readonly provider: { readonly id: string; readonly version: string | null }
  readonly engine: { readonly id: EngineKind; readonly endpoint: string }
  readonly image: string
  readonly workspace: string | null
  /** The workspace holds what was changed alone: the files are a shared tree's. */
  readonly layer?: true
  readonly labels: Readonly<Record<string, string>>
  readonly source: {
    readonly kind: string
    readonly url: string | null
    readonly ref: string | null
    readonly base: string | null
    readonly branch: string | null
    readonly pushBranch: string | null
  }
  readonly fork?: ForkPoint
  /** The id that the submit was sent with, if the task has the id of a pre-started sandbox instead. */
  readonly key?: string
}

/** The projection of a task's journal: what `berth status --json` prints. */
export type TaskRecord = {
  readonly id: string
  readonly name: string | null
  readonly title: string
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
  /** The container is alive and waits for a further prompt: until when, and the worker's frame that said so. */
  readonly kept: { readonly until: string; readonly frame: number; readonly since: number } | null
  readonly effective: EffectiveSettings
  readonly repository: {
    readonly kind: string
    readonly url: string | null
    readonly ref: string | null
    readonly base: string | null
    readonly branch: string | null
    readonly pushBranch: string | null
  }
  readonly commits: readonly { readonly sha: string; readonly subject: string }[]
  readonly head: string | null
  /** Commit of the uncommitted state, where there was any. */
  readonly wip: string | null
  readonly uncommitted: readonly string[]
  /** Uncommitted files beside these; absent where all are named. */
  readonly uncommittedLeft?: number
  /** What the work changes against its base; absent where nothing was kept, and in the record of an older version. */
  readonly changes?: Changes
  readonly branches: readonly string[]
  /** What beside head has commits of its own, branches among it; absent: nothing. */
  readonly others?: readonly OtherWork[]
  /** Head does not build on the base. */
  readonly rewritten?: true
  readonly pushed: { readonly branch: string; readonly sha: string; readonly remote: string } | null
  readonly pushError: string | null
  readonly session: string | null
  readonly usage: Usage
  /** The gateway's own count; absent where it has counted nothing. */
  readonly gatewayUsage?: Usage
  /** That count by model; absent where no answer named one. */
  readonly models?: readonly ModelUsage[]
  /** The agent session's running sum of tokens, where its CLI reports one. */
  readonly thread: Usage | null
  readonly labels: Readonly<Record<string, string>>
  /** The names of its own variables; absent where it has none. */
  readonly variables?: Variables
  /** The profile of the config file that was in force at its start. */
  readonly profile?: string
  readonly fork?: ForkPoint
  /** The id that the submit was sent with, where the task has another: sent again, it is answered with this record. */
  readonly key?: string
  readonly turns: readonly {
    readonly turn: number
    readonly state: State
    readonly attempt: number
    /** Tries that came to nothing and were followed by another by themselves. */
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
  }[]
  readonly warnings: readonly string[]
  readonly workspace: string | null
  /** The workspace holds what was changed alone: the files are a shared tree's. */
  readonly layer?: true
  /** Nothing of its turns is left on an engine or in the gateway. */
  readonly clean: boolean
  /** Put away by `berth archive`: not listed, and without a further turn. */
  readonly archived: boolean
  /** An archive has taken its workspace and the agent's session. */
  readonly emptied: boolean
  /** A stop was asked for and is under way. */
  readonly stopping: boolean
  /** Until when its turn waits, ISO 8601, and what for. */
  readonly waiting: { readonly until: string; readonly reason: string } | null
  /** Queued turns of a higher one begin first. */
  readonly priority: number
  /** Milliseconds that its turns ran, less the one that runs since `activeSince`. */
  readonly activeMs: number
  readonly activeSince: string | null
  /** Why the engine cannot be asked, while it cannot; the state is then what was last known. */
  readonly unreachable: string | null
  /** Numbers of the events that a hook is still to be told; absent: none. */
  readonly hooksDue?: readonly number[]
  readonly seq: number
}

/** What `berth ls` tells of a task: its record, and what it cost. */
export type ListedTask = TaskRecord & {
  /** Dollars by the price table, else by the agent CLI's own count; null where neither knows. */
  readonly cost?: number | null
}

/** What `berth status` tells of a task: its record, and what the supervisor alone knows. */
export type TaskStatus = ListedTask & {
  /** What was asked in the last turn, whole. */
  readonly prompt?: string
  /** Place among the turns that wait for a limit of the queue, from 1; null for one that does not. Lists do not tell it. */
  readonly position?: number | null
}

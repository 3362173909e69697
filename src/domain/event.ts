import type { Changes } from './changes.ts'
import type { EffectiveSettings } from './effective-settings.ts'
import type { FreshReason } from './fresh-reason.ts'
import type { Denial } from './network/denial.ts'
import type { LiveRule } from './network/live-rules.ts'
import type { OtherWork } from './other-work.ts'
import type { Outcome } from './outcome.ts'
import type { PullRequestRef, State, TaskRecordSeed } from './task.ts'
import type { TurnFile } from './turn-file.ts'
import type { Usage } from './usage.ts'
import type { Variables } from './variables.ts'
import type { TerminalSize } from './worker-protocol.ts'

export type AgentErrorClass = 'auth' | 'rate-limit' | 'network' | 'model' | 'context' | 'agent'

/**
 * What agents do and say, the same for every provider. The provider's parser makes these events from its CLI's stream.
 */
export type AgentEvent =
  | { readonly type: 'agent.session'; readonly session: string }
  /** What a person asked the agent at its terminal. */
  | { readonly type: 'agent.asked'; readonly text: string }
  | { readonly type: 'agent.message'; readonly text: string }
  | { readonly type: 'agent.reasoning'; readonly text: string }
  | { readonly type: 'agent.tool.start'; readonly id: string; readonly name: string; readonly input: string }
  | {
      readonly type: 'agent.tool.end'
      readonly id: string
      readonly name: string
      readonly ok: boolean
      readonly exitCode?: number
      readonly output: string
    }
  | {
      readonly type: 'agent.file'
      readonly changes: readonly { readonly path: string; readonly kind: 'add' | 'update' | 'delete' }[]
    }
  /**
   * Tokens of this turn alone. `thread` is the CLI's own running sum, if it reports one; the next turn subtracts it.
   */
  | { readonly type: 'agent.usage'; readonly usage: Usage; readonly thread?: Usage }
  | { readonly type: 'agent.notice'; readonly text: string }
  | { readonly type: 'agent.error'; readonly text: string; readonly class: AgentErrorClass }
  /** A line of output that is not an event of the CLI's stream. */
  | { readonly type: 'agent.output'; readonly stream: 'stdout' | 'stderr'; readonly text: string }

export type Phase = 'preparing' | 'starting' | 'cloning' | 'startup' | 'agent' | 'finishing' | 'publishing' | 'cleaning'

export type GatewayVerdict = {
  readonly class: 'auth' | 'model' | 'unreachable' | 'rate-limit' | 'context'
  readonly status: number | null
  readonly message: string
  /** Position in the gateway's log: the gateway's instance and line number. */
  readonly gateway: string
  readonly line: number
  /** True if this verdict ends the turn. */
  readonly fatal: boolean
  /** When the model can be asked again, ISO 8601; set if that time is too far away to wait in the container. */
  readonly retryAt?: string
}

/** `repository`, where an event has it: the folder of that repository; absent: the task's main one. */
export type TurnEvent =
  /** `key`: the key of the `send`. The files themselves are in the task's folder. */
  | {
      readonly type: 'turn.queued'
      readonly promptBytes: number
      readonly prompt: string
      readonly key?: string
      readonly files?: readonly TurnFile[]
      /** Variables of the send's own --env; Berth stores their values nowhere. */
      readonly variables?: Variables
    }
  /** The turn begins again in its workspace; the prompt is that of this attempt. `key`: the key of the `resume`. */
  | {
      readonly type: 'turn.again'
      readonly attempt: number
      readonly prompt: string
      readonly key?: string
      readonly variables?: Variables
    }
  /** A queued turn gets another prompt. */
  | { readonly type: 'turn.edited'; readonly promptBytes: number; readonly prompt: string }
  | { readonly type: 'turn.withdrawn' }
  | { readonly type: 'turn.planned'; readonly plan: object }
  | { readonly type: 'turn.started'; readonly attempt: number; readonly container: string }
  /** A value is missing that only a person has; the turn waits for it. */
  | { readonly type: 'turn.blocked'; readonly reason: string }
  | { readonly type: 'turn.unblocked' }
  /** The task waits for other tasks. */
  | { readonly type: 'turn.held'; readonly reason: string }
  | { readonly type: 'turn.released' }
  /** The prompt with the results of other tasks that it names: the agent reads this one. */
  | { readonly type: 'turn.rendered'; readonly promptBytes: number; readonly prompt: string }
  /** The login's tokens go into the container. `version` names them. */
  | { readonly type: 'login.lent'; readonly attempt: number; readonly login: string; readonly version: string }
  /** A process on this machine keeps the token fresh that the container has. */
  | { readonly type: 'token-daemon.started'; readonly pid: number; readonly repository: string }
  /** The container has another token, until that time, ISO 8601; null: it has no end. */
  | { readonly type: 'token-daemon.refreshed'; readonly expiresAt: string | null }
  | { readonly type: 'token-daemon.ended'; readonly reason: string }
  /** The attempt failed for a reason that passes: another one begins at that time, ISO 8601. */
  | { readonly type: 'turn.waiting'; readonly until: string; readonly outcome: Outcome }
  /** The engine does not answer, so nobody knows how the container is. */
  | { readonly type: 'engine.lost'; readonly reason: string }
  | { readonly type: 'engine.back' }
  | { readonly type: 'turn.phase'; readonly phase: Phase; readonly ms?: number }
  /** A finished part of a turn's launch: when it began, ISO 8601, and how long it took. */
  | { readonly type: 'turn.span'; readonly name: string; readonly began: string; readonly ms: number }
  /** The task begins in a pre-started sandbox, which has waited so long for it. */
  | { readonly type: 'sandbox.taken'; readonly waitedMs: number }
  /** The task begins in a sandbox that is made for it, for this reason. */
  | { readonly type: 'sandbox.fresh'; readonly reason: FreshReason }
  /** Berth has a token for the repository, with these permissions; `expiresAt`: null if the forge names no end. */
  | {
      readonly type: 'forge.token'
      readonly repository: string
      readonly permissions: Readonly<Record<string, string>>
      readonly expiresAt: string | null
    }
  /** Progress of a long fetch: a line that git printed. */
  | { readonly type: 'source.progress'; readonly text: string }
  | {
      readonly type: 'source.ready'
      readonly repository?: string
      readonly url: string | null
      readonly ref: string | null
      readonly base: string | null
      readonly branch: string | null
    }
  /** Berth is about to fetch this submodule for the task. */
  | { readonly type: 'source.module'; readonly path: string; readonly url: string; readonly commit: string }
  /** The repository's own file was read after the fetch; what it denies. */
  | { readonly type: 'project.rules'; readonly deny: readonly string[] }
  | {
      readonly type: 'container.created'
      readonly id: string
      readonly name: string
      readonly engine: string
      readonly image: string
      readonly digest: string | null
    }
  | { readonly type: 'container.started'; readonly pid: number | null; readonly effective: EffectiveSettings }
  | {
      readonly type: 'container.exited'
      readonly exitCode: number | null
      readonly oom: boolean
      readonly error?: string
    }
  /**
   * The turn is over and its container waits for a further one. `frame` is the worker's `idle`, `since` its time in ms.
   */
  | {
      readonly type: 'container.kept'
      readonly exitCode: number | null
      readonly until: string
      readonly frame: number
      readonly since: number
    }
  | { readonly type: 'container.removed' }
  /** The engine's report of a container, in Docker's words; `told`: the time by the engine. */
  | {
      readonly type: 'engine.event'
      readonly action: string
      readonly container: string
      readonly told: string
      readonly exitCode?: number
      readonly signal?: string
    }
  /** Lines that the startup script printed. */
  | { readonly type: 'startup.output'; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | { readonly type: 'startup.ended'; readonly code: number | null; readonly signal: string | null }
  | { readonly type: 'agent.started' }
  | {
      readonly type: 'agent.ended'
      readonly code: number | null
      readonly signal: string | null
      readonly end: string
      readonly oom: boolean
    }
  | { readonly type: 'output.dropped'; readonly bytes: number }
  | { readonly type: 'untrusted'; readonly text: string }
  | { readonly type: 'gateway.verdict'; readonly verdict: GatewayVerdict }
  /**
   * The tokens that the gateway read in one answer of the model, the model's name by that answer, and the place in the
   * gateway's log.
   */
  | {
      readonly type: 'gateway.usage'
      readonly usage: Usage
      readonly model?: string
      readonly gateway: string
      readonly line: number
    }
  /**
   * A host was denied for the first time in this turn, or its count has grown by the turn's end. `gateway`, `line`: the
   * place in the gateway's log.
   */
  | ({ readonly type: 'egress.denied'; readonly gateway: string; readonly line: number } & Denial)
  | { readonly type: 'stop.requested'; readonly by: 'user' | 'verdict' | 'limit' | 'host'; readonly reason: string }
  | {
      readonly type: 'work.kept'
      readonly repository?: string
      readonly head: string | null
      readonly base: string | null
      readonly commits: readonly CommitLine[]
      readonly branches: readonly string[]
      readonly uncommitted: readonly string[]
      /** How many more uncommitted files there are, if not all are named. */
      readonly left?: number
      readonly committed: boolean
      readonly wip: string | null
      /** Changes since `base`, uncommitted files included; absent if Berth did not count them. */
      readonly changes?: Changes
      /** Other work with commits that head lacks; absent: none. */
      readonly others?: readonly OtherWork[]
      /** Head does not build on base. */
      readonly rewritten?: true
    }
  | {
      readonly type: 'work.pushed'
      readonly repository?: string
      readonly remote: string
      readonly branch: string
      readonly sha: string
    }
  | {
      readonly type: 'work.nothing'
      readonly repository?: string
      readonly reason: string
      readonly others?: readonly OtherWork[]
    }
  | {
      readonly type: 'work.patch'
      readonly path: string
      readonly bytes: number
      readonly changes?: Changes
      readonly others?: readonly OtherWork[]
    }
  | {
      readonly type: 'push.failed'
      readonly repository?: string
      readonly remote: string
      readonly branch: string
      readonly reason: string
      /** Both sides of a push that lost a race, and the files in conflict, if there are any. */
      readonly ours?: string
      readonly theirs?: string
      readonly conflicts?: readonly string[]
    }
  /** The pull request of the pushed branch was opened, or found where a killed supervisor had opened it. */
  | ({
      readonly type: 'pr.opened'
      readonly repository?: string
      readonly head: string
      readonly base: string
    } & PullRequestRef)
  | ({ readonly type: 'pr.updated'; readonly repository?: string } & PullRequestRef)
  | { readonly type: 'pr.failed'; readonly repository?: string; readonly reason: string }
  /**
   * Somebody else pushed first: Berth rebases the work onto `theirs` and pushes again, for the `attempt`th time of
   * `most`.
   */
  | {
      readonly type: 'push.raced'
      readonly repository?: string
      readonly remote: string
      readonly branch: string
      readonly ours: string
      readonly theirs: string
      readonly attempt: number
      readonly most: number
    }
  /** The workspace is at the rebased work. */
  | { readonly type: 'workspace.moved'; readonly repository?: string; readonly head: string }
  /**
   * The work moved from `before` to `head`, on top of `onto`. `wip` is null if the uncommitted state does not apply
   * there.
   */
  | {
      readonly type: 'work.rebased'
      readonly repository?: string
      readonly branch: string
      readonly before: string
      readonly onto: string
      readonly head: string
      readonly wip: string | null
      readonly commits: readonly CommitLine[]
      readonly changes?: Changes
    }
  /**
   * Berth made the commits again before the push, as `head` in place of `before`: with the co-authors and signatures that
   * were asked for. The files are the same.
   */
  | {
      readonly type: 'work.amended'
      readonly repository?: string
      readonly before: string
      readonly head: string
      readonly signed: 'ssh' | 'gpg' | 'api' | null
      readonly commits: readonly CommitLine[]
    }
  /** The JSON of the attempt's last message, which fits the schema that was asked for. */
  | { readonly type: 'result.kept'; readonly attempt: number; readonly json: string }
  /** The attempt's last message is no such result: why, and the message. */
  | {
      readonly type: 'result.unfit'
      readonly attempt: number
      readonly problems: readonly string[]
      readonly answer: string
    }
  /** The agent runs on a terminal of this size. */
  | ({ readonly type: 'terminal.opened' } & TerminalSize)
  | ({ readonly type: 'terminal.resized' } & TerminalSize)
  /** Somebody looks at the terminal. `who`: by that one's own word. */
  | {
      readonly type: 'terminal.attached'
      readonly viewer: string
      readonly who: string
      readonly readOnly: boolean
    }
  | { readonly type: 'terminal.detached'; readonly viewer: string }
  /** The agent gets this viewer's keys from now on. */
  | { readonly type: 'terminal.writer'; readonly viewer: string }
  | { readonly type: 'turn.ended'; readonly outcome: Outcome }

export type CommitLine = { readonly sha: string; readonly subject: string }

export type TaskEvent =
  | { readonly type: 'task.created'; readonly task: TaskRecordSeed }
  | { readonly type: 'notice'; readonly level: 'info' | 'warning' | 'error'; readonly text: string }
  | { readonly type: 'task.removed' }
  /** Somebody allowed or denied the task a target while it was there. */
  | ({ readonly type: 'egress.rule' } & LiveRule)
  /** Workspace and home are gone; record, log and kept work stay. */
  | { readonly type: 'task.archived' }
  | { readonly type: 'task.unarchived' }
  /** Another task has the folder of its workspace from now on. */
  | { readonly type: 'workspace.given'; readonly workspace: string; readonly to: string }
  /** The hook must run for the state that the event before this one led to. */
  | { readonly type: 'hook.due'; readonly state: State; readonly before: State | null }
  /** The hook ran: `due` is the number of its `hook.due`. `reason`: why it failed, or null. */
  | {
      readonly type: 'hook.ran'
      readonly due: number
      readonly state: State
      readonly ms: number
      readonly reason: string | null
    }

export type EventBody =
  | TaskEvent
  | ((TurnEvent | AgentEvent) & {
      readonly turn: number
      /** The frame that this event came from, and its place among that frame's events. */
      readonly from?: readonly [frame: number, part: number]
    })

/**
 * A line of a task's journal. `seq` counts from 1 without holes; `at` is ISO 8601 with milliseconds, by the
 * supervisor's clock. `docs/events.md` describes each type.
 *
 * @example
 * ```ts
 * const textOf = (event: Event) => (event.type === 'agent.message' ? event.text : undefined)
 * ```
 */
export type Event = { readonly v: 1; readonly seq: number; readonly at: string } & EventBody

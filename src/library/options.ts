import type { BerthError } from '../domain/errors.ts'
import type { State } from '../domain/task.ts'
import type { CallOptions } from './calls.ts'
import type { LaunchSettings } from './launch-settings.ts'

/**
 * Where the supervisor is that a client talks to.
 *
 * @example
 * ```ts
 * const options: BerthOptions = { home: './berth-state', signal: AbortSignal.timeout(3_600_000) }
 * ```
 */
export type BerthOptions = {
  /** The state folder; by default the one that the command `berth` uses: `BERTH_HOME`, or the XDG folders. */
  readonly home?: string | undefined
  /** The socket of a running supervisor, `unix:///PATH`. The client starts none then. */
  readonly host?: string | undefined
  /** For a supervisor on another machine. Berth does not serve over the network yet, so a token is refused. */
  readonly token?: string | undefined
  /** Ends each call of the client with a BerthError of the code `aborted`. Tasks go on. */
  readonly signal?: AbortSignal | undefined
}

/**
 * A task to launch: the settings of `berth start` in camel case, the prompt and its files. A setting that is left out
 * comes from the environment and the config file, as for the command. Paths are relative to the working folder.
 *
 * @example
 * ```ts
 * const options: LaunchOptions = {
 *   repo: 'https://git.example.org/shop.git',
 *   branch: 'main',
 *   agent: 'codex',
 *   prompt: 'Fix the failing test.',
 *   label: { batch: '7' },
 *   turnTimeout: '30m',
 * }
 * ```
 */
export type LaunchOptions = LaunchSettings &
  CallOptions & {
    /** May be empty with `mode: 'review'` and with `mode: 'interactive'`. */
    readonly prompt: string
    /** Files and pictures of this machine that go with the prompt. */
    readonly files?: readonly string[] | undefined
  }

/**
 * Which events of a task to read.
 *
 * @example
 * ```ts
 * const options: EventsOptions = { after: 120, types: ['agent.message', 'turn.ended'] }
 * ```
 */
export type EventsOptions = CallOptions & {
  /** The number (`seq`) of the last event that you have; 0 for none, which is the default. */
  readonly after?: number | undefined
  /** `true`, the default: to the end of the task. `'forever'`: over later turns too. `false`: the events so far. */
  readonly follow?: boolean | 'forever' | undefined
  /** Only the last of the events that are there. */
  readonly tail?: number | undefined
  /** Only events since this time. */
  readonly since?: Date | undefined
  /** Only events of this turn. */
  readonly turn?: number | undefined
  /** Only events of these types. */
  readonly types?: readonly string[] | undefined
}

/**
 * Which entries of a task's audit to read.
 *
 * @example
 * ```ts
 * const options: NetOptions = { follow: true, denied: true }
 * ```
 */
export type NetOptions = CallOptions & {
  /** Go on until the task is over. Default: only what is there. */
  readonly follow?: boolean | undefined
  /** Only what was denied. */
  readonly denied?: boolean | undefined
}

/**
 * Which result to read.
 *
 * @example
 * ```ts
 * const options: ResultOptions = { turn: 2 }
 * ```
 */
export type ResultOptions = CallOptions & {
  /** The result of this turn; by default that of the last one. */
  readonly turn?: number | undefined
}

/**
 * Which end to wait for.
 *
 * @example
 * ```ts
 * const options: WaitOptions = { turn: 2, signal: AbortSignal.timeout(600_000) }
 * ```
 */
export type WaitOptions = CallOptions & {
  /** The end of this turn; by default that of the last one. */
  readonly turn?: number | undefined
}

/**
 * How to queue a further prompt.
 *
 * @example
 * ```ts
 * const options: SendOptions = { interrupt: true, files: ['screenshot.png'] }
 * ```
 */
export type SendOptions = CallOptions & {
  /** Stops the running turn first. */
  readonly interrupt?: boolean | undefined
  /** Files and pictures of this machine that go with the prompt. */
  readonly files?: readonly string[] | undefined
  /** Variables beside those that the task has: `NAME=VALUE`, or `NAME` for the value of this process. */
  readonly env?: readonly string[] | undefined
}

/**
 * How to stop a task.
 *
 * @example
 * ```ts
 * const options: StopOptions = { now: true }
 * ```
 */
export type StopOptions = CallOptions & {
  /** Kills the agent at once, without time to end by itself. */
  readonly now?: boolean | undefined
}

/**
 * How to run the last turn again.
 *
 * @example
 * ```ts
 * const options: ResumeOptions = { env: ['DEBUG=1'] }
 * ```
 */
export type ResumeOptions = CallOptions & {
  /** Variables beside those that the task has: `NAME=VALUE`, or `NAME` for the value of this process. */
  readonly env?: readonly string[] | undefined
}

/**
 * What a fork begins with.
 *
 * @example
 * ```ts
 * const options: ForkOptions = { turn: 1, prompt: 'Try it without the new dependency.' }
 * ```
 */
export type ForkOptions = CallOptions & {
  /** Begins with the end of this turn; by default with that of the last one. */
  readonly turn?: number | undefined
  /** By default that of the turn. */
  readonly prompt?: string | undefined
  readonly name?: string | undefined
  readonly title?: string | undefined
  /** Takes the work alone, without the agent's session. */
  readonly newSession?: boolean | undefined
  /** Files and pictures of this machine that go with the prompt. */
  readonly files?: readonly string[] | undefined
  /** Variables beside those that the task has: `NAME=VALUE`, or `NAME` for the value of this process. */
  readonly env?: readonly string[] | undefined
}

/**
 * What to show of a task's changes.
 *
 * @example
 * ```ts
 * const options: DiffOptions = { stat: true, paths: ['src'] }
 * ```
 */
export type DiffOptions = CallOptions & {
  /** Counts of lines in place of a patch. */
  readonly stat?: boolean | undefined
  /** Names of files in place of a patch. */
  readonly names?: boolean | undefined
  /** `false`: without the content of binary files. */
  readonly binary?: boolean | undefined
  /** What this turn alone changed. */
  readonly turn?: number | undefined
  /** Other work of the task, by its name. */
  readonly branch?: string | undefined
  /** Files and folders from the top of the repository. */
  readonly paths?: readonly string[] | undefined
  /** Only the repository in this folder, if the task has several. */
  readonly repository?: string | undefined
}

/**
 * Where to push.
 *
 * @example
 * ```ts
 * const options: PushOptions = { to: 'main' }
 * ```
 */
export type PushOptions = CallOptions & {
  /** By default the branch that the task was launched with. */
  readonly to?: string | undefined
}

/**
 * How to open a pull request.
 *
 * @example
 * ```ts
 * const options: PullRequestOptions = { draft: true }
 * ```
 */
export type PullRequestOptions = CallOptions & {
  /** Open it as a draft; by default as the task was launched. One that is open already stays as it is. */
  readonly draft?: boolean | undefined
}

/**
 * How to forward a port of a task's sandbox.
 *
 * @example
 * ```ts
 * const options: ForwardOptions = { hostPort: 8080, onError: (error) => console.error(error.message) }
 * ```
 */
export type ForwardOptions = {
  /** Ends the forwarding, like its `close`. */
  readonly signal?: AbortSignal | undefined
  /** The port of this machine; by default a free one. */
  readonly hostPort?: number | undefined
  /** Hears why a connection was reset. */
  readonly onError?: ((error: BerthError) => void) | undefined
}

/**
 * Which tasks to list; by default those that are open.
 *
 * @example
 * ```ts
 * const options: ListOptions = { all: true, labels: { batch: '7' }, states: ['failed', 'died'] }
 * ```
 */
export type ListOptions = CallOptions & {
  /** Finished and archived tasks too. */
  readonly all?: boolean | undefined
  /** Archived tasks alone. */
  readonly archived?: boolean | undefined
  readonly states?: readonly State[] | undefined
  /** Tasks that bear all of these. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly agent?: string | undefined
  readonly limit?: number | undefined
}

/**
 * How to sum the usage of all turns.
 *
 * @example
 * ```ts
 * const options: UsageOptions = { by: ['model', 'label:batch'], since: new Date('2026-01-01') }
 * ```
 */
export type UsageOptions = CallOptions & {
  /** A row for each value of these: `provider`, `model`, `day`, `task`, `turn`, `label:NAME`. */
  readonly by?: readonly string[] | undefined
  readonly since?: Date | undefined
}

/**
 * Which tasks to clean up.
 *
 * @example
 * ```ts
 * const options: CleanupOptions = { labels: { batch: '7' }, dryRun: true }
 * ```
 */
export type CleanupOptions = CallOptions & {
  /** Only tasks that bear all of these. */
  readonly labels: Readonly<Record<string, string>>
  /** By default all states of a task that is over. */
  readonly states?: readonly ('ready' | 'done' | 'failed' | 'stopped' | 'died')[] | undefined
  /** Removes work that exists nowhere else, too. */
  readonly force?: boolean | undefined
  /** Says what would be removed, and removes nothing. */
  readonly dryRun?: boolean | undefined
}

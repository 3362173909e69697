import { resolve } from 'node:path'
import { callerContextOf } from '../client/caller-context.ts'
import type { Client } from '../client/client.ts'
import type { ClientContext } from '../client/context.ts'
import { submitBody } from '../client/submit-body.ts'
import { BerthError } from '../domain/errors.ts'
import type { TaskRecord } from '../domain/task.ts'
import type { CallOptions } from './calls.ts'
import type { LaunchSettings } from './launch-settings.ts'
import { settingsOf } from './submission.ts'
import type { Task } from './task.ts'

/**
 * One session of a manifest: its id, its prompt, and the settings of its task. A session works on a branch, which it names.
 *
 * @example
 * ```ts
 * const options: SessionOptions = {
 *   id: 'build',
 *   role: 'builder',
 *   repo: 'team/app',
 *   branch: 'main',
 *   after: 'plan',
 *   prompt: 'Carry out this plan: {{results.plan.text}}',
 * }
 * ```
 */
export type SessionOptions = Omit<LaunchSettings, 'session'> & {
  /** The name of the session in its manifest: letters, digits, `_` and `-`. */
  readonly id: string
  readonly repo: string
  readonly branch: string
  /** `{{results.ID.FIELD}}` stands for a result of a session that this one waits for. */
  readonly prompt: string
  /** The ids of the sessions that it waits for. */
  readonly after?: string | readonly string[] | undefined
  /** What it does if one of them fails, is stopped or is removed: `fail`, the default, or `run` all the same. */
  readonly afterFailed?: 'fail' | 'run' | undefined
}

/**
 * A manifest: sessions that start together.
 *
 * @example
 * ```ts
 * const place = { repo: 'team/app', branch: 'main', owner: 'ann' }
 * const options: SessionsOptions = {
 *   manifest: 'release',
 *   sessions: [
 *     { ...place, id: 'plan', prompt: 'Write a plan.' },
 *     { ...place, id: 'build', after: 'plan', prompt: 'Carry out this plan: {{results.plan.text}}' },
 *   ],
 * }
 * ```
 */
export type SessionsOptions = CallOptions & {
  /** The name of the manifest. A session is the same session if this name and its id are the same. */
  readonly manifest: string
  readonly sessions: readonly SessionOptions[]
  /** Keeps state and transcript of each session in this folder. It overrides the setting of a session. */
  readonly output?: string | undefined
  /** Plans the sessions, and starts none. */
  readonly dryRun?: boolean | undefined
}

/**
 * What became of a session when its manifest was started.
 *
 * @example
 * ```ts
 * await using b = await berth()
 * const session = { id: 'plan', repo: 'team/app', branch: 'main', prompt: 'Write a plan.' }
 * const started: readonly StartedSession[] = await b.sessions({ manifest: 'release', sessions: [session] })
 * for (const { id, result, problem } of started) console.log(id, result, problem?.message ?? '')
 * ```
 */
export type StartedSession = {
  readonly id: string
  /**
   * `unchanged`: the task of an earlier start is there. `failed`: the task could not be created. `planned`: a start would
   * create it.
   */
  readonly result: 'created' | 'unchanged' | 'failed' | 'planned'
  /** Null if there is none. */
  readonly task: Task | null
  readonly warnings: readonly string[]
  /** Why the task could not be created. */
  readonly problem: { readonly code: string; readonly message: string; readonly hint: string } | null
}

/** A session as a row of a manifest, and the caller context with the variables that it names. */
const rowOf = async (context: ClientContext, session: SessionOptions, index: number) => {
  const { id, after = [], afterFailed, prompt, ...settings } = session
  // The profile of the environment is no content of a row.
  const profile = settings.profile ?? ''
  const body = await submitBody(context, { settings: settingsOf(settings), prompt, profile, files: undefined })
  const row = { session: id, row: index + 1, id: body.id, prompt, settings: body.settings, after: [after].flat() }
  return { row: { ...row, ...(afterFailed && { afterFailed }) }, caller: body.caller }
}

type Input = {
  readonly api: Client
  readonly context: ClientContext
  readonly handle: (record: TaskRecord) => Task
}

/** Starts sessions, as `berth session start` does with those of a file. The supervisor checks them. */
export const startSessions = async (
  { api, context, handle }: Input,
  { manifest, sessions, output, dryRun = false }: SessionsOptions,
  signal: AbortSignal,
): Promise<readonly StartedSession[]> => {
  if (!Array.isArray(sessions)) throw new BerthError('usage', 'sessions: expected a list of sessions')
  const rows = await Promise.all(sessions.map((session, index) => rowOf(context, session, index)))
  const profile = context.env['BERTH_PROFILE']
  const body = {
    manifest,
    rows: rows.map(({ row }) => row),
    ...(profile ? { profile } : {}),
    ...(output === undefined ? {} : { output: resolve(context.cwd, output) }),
    dryRun,
    caller: {
      ...callerContextOf(context),
      env: Object.fromEntries(rows.flatMap(({ caller }) => Object.entries(caller.env))),
    },
  }
  const answer = await api.ask('startSessions', { body }, signal)
  return answer.sessions.map(({ session, result, task, warnings, problem }) => ({
    id: session,
    result,
    task: task === null ? null : handle(task),
    warnings,
    problem,
  }))
}

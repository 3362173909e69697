import { callerContextOf } from '../client/caller-context.ts'
import type { Client } from '../client/client.ts'
import type { ClientContext } from '../client/context.ts'
import { variablesOfTask } from '../client/named-variables.ts'
import { readFiles } from '../client/read-files.ts'
import { BerthError } from '../domain/errors.ts'
import type { Event } from '../domain/event.ts'
import type { AuditEntry } from '../domain/network/audit-entry.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { PullRequestReport, TaskRecord, TaskStatus } from '../domain/task.ts'
import { newId } from '../std/id.ts'
import type { CallOptions, Calls } from './calls.ts'
import { forward } from './forward.ts'
import type {
  DiffOptions,
  EventsOptions,
  ForkOptions,
  ForwardOptions,
  NetOptions,
  PullRequestOptions,
  PushOptions,
  ResultOptions,
  ResumeOptions,
  SendOptions,
  StopOptions,
  WaitOptions,
} from './options.ts'
import type { ForwardedPort, TaskUsage } from './results.ts'

/**
 * A task, as `launch`, `fork` and `task` of a client give it. It lives in the supervisor: it goes on when the client is
 * disposed and when your program ends.
 *
 * @example
 * ```ts
 * await using b = await berth()
 * const task: Task = await b.launch({ repo: '.', prompt: 'Fix the failing test.' })
 * for await (const event of task.events()) console.log(event.seq, event.type)
 * const { result, reason } = await task.wait()
 * console.log(result, reason)
 * ```
 */
export type Task = {
  readonly id: string
  /** The task as it was when this object was made; `status` asks for it as it is now. */
  readonly record: TaskRecord
  /** The task as it is now. */
  status(options?: CallOptions): Promise<TaskStatus>
  /**
   * The task's events in their order, as they are written. If the supervisor dies, the client starts another one, and
   * the events go on behind the last one that you got.
   */
  events(options?: EventsOptions): AsyncGenerator<Event, void, undefined>
  /** Waits until a turn is over, by default the last one, and gives its outcome. A failed turn is no exception. */
  wait(options?: WaitOptions): Promise<Outcome>
  /** Queues a further prompt, and gives the number of its turn. */
  send(prompt: string, options?: SendOptions): Promise<{ readonly turn: number }>
  /** Stops the task. */
  stop(options?: StopOptions): Promise<TaskRecord>
  /** Runs the last turn of a failed, stopped or died task again, in the session that it left. */
  resume(options?: ResumeOptions): Promise<{ readonly turn: number }>
  /** Makes a new task from the work and the session of this one. */
  fork(options?: ForkOptions): Promise<Task>
  /** What the task changed, as a patch. */
  diff(options?: DiffOptions): Promise<string>
  /**
   * Makes a server in the sandbox reachable on this machine's loopback, until it is closed, or the client is. While no turn
   * runs, connections are reset.
   */
  forward(port: number, options?: ForwardOptions): Promise<ForwardedPort>
  /**
   * The result of a turn, by default the last one: the JSON value that `outputSchema` asked for, and that fits it. A turn
   * without one is a BerthError of the code `no-result`; wait for its end first.
   */
  result<T = unknown>(options?: ResultOptions): Promise<T>
  /** The tokens that the task used. */
  usage(options?: CallOptions): Promise<TaskUsage>
  /** Lets a sandboxed task reach more, at once and in its further turns: groups like `npm`, or hosts. */
  allow(targets: readonly string[], options?: CallOptions): Promise<TaskRecord>
  /** Takes away what it may reach, at once and in its further turns. Connections that are open there end. */
  deny(targets: readonly string[], options?: CallOptions): Promise<TaskRecord>
  /** What it asked of its network and of its model, and what it was denied. */
  net(options?: NetOptions): AsyncGenerator<AuditEntry, void, undefined>
  /** Pushes the task's commits. */
  push(options?: PushOptions): Promise<TaskRecord>
  /** Opens the pull request of the finished task, or updates it. Pushes the commits first if the remote lacks them. */
  openPullRequest(options?: PullRequestOptions): Promise<TaskRecord>
  /** Asks the forge for the state, the checks and the reviews of the pull request; null if the task has none. */
  pullRequest(options?: CallOptions): Promise<PullRequestReport | null>
}

type Input = { readonly api: Client; readonly context: ClientContext; readonly calls: Calls }

/** What an agent says meanwhile is nothing to wait for. */
const ENDS = ['turn.ended', 'turn.withdrawn']
/** Turns in these states have their outcome. */
const isOver = (turn: TaskRecord['turns'][number]) => turn.outcome !== null && turn.endedAt !== null

const lastTurn = (record: TaskRecord) => record.turns.at(-1)?.turn ?? 0

/** Waits for the end of a turn: that of its number, or the last one that the task has then. */
const waitForTurn = async (
  { api }: Input,
  id: string,
  wanted: number | undefined,
  signal: AbortSignal,
): Promise<Outcome> => {
  const record = await api.ask('task', { id }, signal)
  const last = wanted ?? lastTurn(record)
  const known = record.turns.find(({ turn }) => turn === last)
  if (known === undefined) throw new BerthError('usage', `${id} has no turn ${last}`)
  if (isOver(known) && known.outcome !== null) return known.outcome
  const asked = { after: record.seq, follow: true, types: ENDS }
  for await (const event of api.events(id, asked, signal))
    if (wanted !== undefined && event.type === 'turn.ended' && event.turn === wanted) return event.outcome
  const after = await api.ask('task', { id }, signal)
  const outcome = after.turns.find(({ turn }) => turn === (wanted ?? lastTurn(after)))?.outcome ?? null
  if (outcome === null) throw new BerthError('internal', `${id} is ${after.state}, and its turn has no outcome`)
  return outcome
}

const textOf = async (chunks: AsyncIterable<Buffer>): Promise<string> => {
  const parts: Buffer[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts).toString()
}

const flag = (value: boolean | undefined) => (value === undefined ? undefined : `${value}`)

/** What a task came to, as data. */
const outcomes = ({ api, calls }: Input, id: string): Pick<Task, 'result' | 'usage'> => ({
  result: <T>({ signal, turn }: ResultOptions = {}) =>
    calls.run(signal, async (all) => {
      const { result } = await api.ask('result', { id, query: { turn: turn?.toString() } }, all)
      return result as T
    }),
  usage: ({ signal } = {}) =>
    calls.run(signal, async (all) => {
      const { usage, gatewayUsage = null, models = [], cost = null } = await api.ask('task', { id }, all)
      return { reported: usage, counted: gatewayUsage, models, cost }
    }),
})

/** A task that the supervisor has, as an object to call. */
export const taskHandle = (input: Input, record: TaskRecord): Task => {
  const { api, context, calls } = input
  const { id } = record
  /** The caller context with the variables that the task has. */
  const callerNow = async (env: readonly string[], signal: AbortSignal) =>
    callerContextOf(context, variablesOfTask(await api.ask('task', { id }, signal), env))
  return {
    id,
    record,
    status: ({ signal } = {}) => calls.run(signal, (all) => api.ask('task', { id }, all)),
    events: ({ signal, after = 0, follow = true, since, tail, turn, types } = {}) => {
      const asked = {
        ...{ after, follow },
        ...(tail === undefined ? {} : { tail }),
        ...(since === undefined ? {} : { since: since.toISOString() }),
        ...(turn === undefined ? {} : { turn }),
        ...(types === undefined ? {} : { types }),
      }
      return calls.each(signal, (all) => api.events(id, asked, all))
    },
    wait: ({ signal, turn } = {}) => calls.run(signal, (all) => waitForTurn(input, id, turn, all)),
    send: (prompt, { signal, interrupt = false, files, env = [] } = {}) =>
      calls.run(signal, async (all) => {
        const sent = await readFiles(context, files)
        const body = { prompt, interrupt, key: newId('s'), env, files: sent, caller: await callerNow(env, all) }
        return { turn: lastTurn(await api.ask('send', { id, body }, all)) }
      }),
    stop: ({ signal, now = false } = {}) => calls.run(signal, (all) => api.ask('stop', { id, body: { now } }, all)),
    resume: ({ signal, env = [] } = {}) =>
      calls.run(signal, async (all) => {
        const body = { key: newId('s'), env, caller: await callerNow(env, all) }
        return { turn: lastTurn(await api.ask('resume', { id, body }, all)) }
      }),
    fork: ({ signal, files, env = [], newSession = false, ...given } = {}) =>
      calls.run(signal, async (all) => {
        const sent = await readFiles(context, files)
        const body = {
          ...given,
          ...{ id: newId('t'), newSession, files: sent, env, caller: await callerNow(env, all) },
        }
        return taskHandle(input, await api.ask('fork', { id, body }, all))
      }),
    diff: ({ signal, stat, names, binary, turn, branch, repository, paths } = {}) =>
      calls.run(signal, async (all) => {
        const shape = { stat: flag(stat), names: flag(names), binary: flag(binary) }
        const query = { ...shape, branch, repository, turn: turn?.toString(), path: paths }
        return await textOf(await api.stream('diff', { id, query }, all))
      }),
    forward: (port, options = {}) => calls.run(options.signal, (all) => forward({ api, id, port, ...options, all })),
    ...outcomes(input, id),
    allow: (targets, { signal } = {}) => calls.run(signal, (all) => api.ask('allow', { id, body: { targets } }, all)),
    deny: (targets, { signal } = {}) => calls.run(signal, (all) => api.ask('deny', { id, body: { targets } }, all)),
    net: ({ signal, follow = false, denied = false } = {}) =>
      calls.each(signal, (all) => api.audit(id, { follow, denied }, all)),
    push: ({ signal, to } = {}) =>
      calls.run(signal, async (all) => {
        const body = { caller: await callerNow([], all), ...(to === undefined ? {} : { to }) }
        return await api.ask('push', { id, body }, all)
      }),
    openPullRequest: ({ signal, draft } = {}) =>
      calls.run(signal, async (all) => {
        const body = { caller: await callerNow([], all), ...(draft === undefined ? {} : { draft }) }
        return await api.ask('openPullRequest', { id, body }, all)
      }),
    pullRequest: ({ signal } = {}) =>
      calls.run(signal, async (all) => {
        const { pr } = await api.ask('pullRequest', { id, body: { caller: await callerNow([], all) } }, all)
        return pr
      }),
  }
}

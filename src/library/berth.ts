import { type Client, client } from '../client/client.ts'
import { startSupervisor } from '../client/start-supervisor.ts'
import { BerthError } from '../domain/errors.ts'
import type { ListedTask } from '../domain/task.ts'
import type { UsageRow } from '../views/usage-report.ts'
import { type CallOptions, openCalls } from './calls.ts'
import { libraryContext, refuseOldNode, socketOf } from './library-context.ts'
import type { BerthOptions, CleanupOptions, LaunchOptions, ListOptions, UsageOptions } from './options.ts'
import type { CleanupReport } from './results.ts'
import { type SessionsOptions, type StartedSession, startSessions } from './sessions.ts'
import { submission } from './submission.ts'
import { type Task, taskHandle } from './task.ts'

/**
 * A client of the supervisor of one state folder. To dispose it ends its calls and stops no task.
 *
 * @example
 * ```ts
 * await using b: Berth = await berth()
 * const open = await b.list()
 * console.log(open.map(({ id, state }) => `${id} ${state}`))
 * ```
 */
export type Berth = AsyncDisposable & {
  /**
   * Creates a task and starts its first turn. A launch that was aborted may have created its task: give it a `name`, and
   * look for it with `task`.
   */
  launch(options: LaunchOptions): Promise<Task>
  /**
   * Starts the sessions of a manifest. Berth plans all of them before it creates a task: if one is refused, the error names
   * it, and nothing is started. A session whose task is there with the same content stays as it is.
   */
  sessions(options: SessionsOptions): Promise<readonly StartedSession[]>
  /** The task of this id, beginning of an id, or name. */
  task(id: string, options?: CallOptions): Promise<Task>
  /** Lists tasks, by default those that are open. */
  list(options?: ListOptions): Promise<readonly ListedTask[]>
  /** Sums the usage of all turns. */
  usage(options?: UsageOptions): Promise<readonly UsageRow[]>
  /**
   * Removes stopped containers, workspaces and agent sessions of the tasks that are over and bear the labels. Records,
   * logs and kept work stay, and so does a task whose work exists nowhere else.
   */
  cleanup(options: CleanupOptions): Promise<CleanupReport>
  /** Ends the client's calls, as its disposal does. */
  close(): Promise<void>
}

/** What a task is that is over. */
const OVER = ['ready', 'done', 'failed', 'stopped', 'died'] as const

const listQuery = ({ all, archived, states, labels = {}, agent, limit }: ListOptions) => ({
  all: all === undefined ? undefined : `${all}`,
  archived: archived === undefined ? undefined : `${archived}`,
  state: states?.join(','),
  label: Object.entries(labels).map(([name, value]) => `${name}=${value}`),
  agent,
  limit: limit?.toString(),
})

const cleanup = async (api: Client, options: CleanupOptions, signal: AbortSignal): Promise<CleanupReport> => {
  const { labels = {}, states = OVER, force = false, dryRun = false } = options
  if (Object.keys(labels).length === 0) throw new BerthError('usage', 'cleanup: name at least one label')
  const {
    left: _left,
    sandboxes: _sandboxes,
    ...report
  } = await api.ask('prune', { body: { labels, states, force, dryRun } }, signal)
  return report
}

/** A program without types may call with anything. */
const refuseNoOptions = (name: string, options: unknown): void => {
  if (typeof options !== 'object' || options === null)
    throw new BerthError(
      'usage',
      `${name}: expected an object with options, got ${JSON.stringify(options) ?? 'nothing'}`,
    )
}

/**
 * Opens a client of Berth, and starts the supervisor of the state folder where none runs. Disposing the client stops
 * nothing: tasks go on, and the supervisor ends when it has nothing to do.
 *
 * @example
 * ```ts
 * await using b = await berth()
 * const task = await b.launch({ repo: '.', branch: 'main', agent: 'codex', prompt: 'Fix the failing test.' })
 * const outcome = await task.wait()
 * console.log(outcome.result, await task.diff({ stat: true }))
 * ```
 */
export const berth = async (options: BerthOptions = {}): Promise<Berth> => {
  refuseOldNode(process.versions.node)
  const { home, host, token, signal: ofClient } = options
  const socket = socketOf(host, token)
  const context = libraryContext(home, socket)
  const nobody = () => Promise.reject(new BerthError('supervisor-unreachable', `${host}: no supervisor answers`))
  const api = client(context, socket === undefined ? startSupervisor : nobody)
  const calls = openCalls(ofClient)
  const input = { api, context, calls }
  const close = async () => calls.close()
  await calls.run(undefined, (all) => api.ask('status', {}, all))
  return {
    launch: (asked) =>
      calls.run(asked?.signal, async (all) => {
        refuseNoOptions('launch', asked)
        return taskHandle(input, await api.ask('submit', { body: await submission(context, asked) }, all))
      }),
    sessions: (asked) =>
      calls.run(asked?.signal, async (all) => {
        refuseNoOptions('sessions', asked)
        return await startSessions({ api, context, handle: (record) => taskHandle(input, record) }, asked, all)
      }),
    task: (id, { signal } = {}) =>
      calls.run(signal, async (all) => taskHandle(input, await api.ask('task', { id }, all))),
    list: (asked = {}) =>
      calls.run(asked.signal, async (all) => (await api.ask('list', { query: listQuery(asked) }, all)).tasks),
    usage: ({ signal, by, since } = {}) =>
      calls.run(signal, async (all) => {
        const query = { by: by?.join(','), since: since?.toISOString() }
        return (await api.ask('usage', { query }, all)).usage
      }),
    cleanup: (asked) =>
      calls.run(asked?.signal, async (all) => {
        refuseNoOptions('cleanup', asked)
        return await cleanup(api, asked, all)
      }),
    close,
    [Symbol.asyncDispose]: close,
  }
}

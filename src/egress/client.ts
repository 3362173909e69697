import { BerthError } from '../domain/errors.ts'
import { controlClient } from './control-client.ts'
import { dialSandbox } from './dial-sandbox.ts'
import type { Egress, GatewayTask } from './egress.ts'
import { type LiveOptions, liveGateway } from './live-gateway.ts'
import { logTail } from './log-tail.ts'
import { type GatewayStatus, logFolder } from './protocol.ts'
import { removeLogs } from './prune-logs.ts'

const PUT_TRIES = 3

const refused = (task: string, status: number, value: unknown): BerthError => {
  const { error = 'no reason given' } = value as { error?: string }
  return new BerthError('internal', `the gateway did not take the rules of ${task} (${status}): ${error}`)
}

const unreachable = (error: Error): BerthError =>
  error instanceof BerthError
    ? error
    : new BerthError('internal', `the gateway does not answer: ${error.message}`, { cause: error })

/** The tasks that should be open, and the live gateway, which is told of all of them wherever it was started again. */
const openTasks = (options: LiveOptions, client: ReturnType<typeof controlClient>) => {
  /** What should be open; what the live gateway has acknowledged of it. */
  const wanted = new Map<string, GatewayTask>()
  const given = new Map<string, GatewayTask>()
  let live: Promise<GatewayStatus> | undefined
  let disposed = false
  let connections = 0

  const put = async (task: GatewayTask) => {
    const { status, value } = await client.call({
      method: 'PUT',
      path: `/tasks/${encodeURIComponent(task.task)}`,
      body: task,
    })
    if (status !== 200) throw refused(task.task, status, value)
    given.set(task.task, task)
  }
  const lost = () => {
    live = undefined
    given.clear()
    if (!disposed && wanted.size > 0) connect().catch(() => {})
  }
  const begin = async () => {
    connections += 1
    const mine = connections
    const status = await liveGateway(options, client, () => {
      if (mine === connections) lost()
    })
    // One whose folder went meanwhile must not keep the others from their model.
    await Promise.allSettled([...wanted.values()].map(put))
    return status
  }
  const connect = (): Promise<GatewayStatus> => {
    if (live !== undefined) return live
    const now = begin()
    live = now
    now.catch(() => {
      if (live === now) live = undefined
    })
    return now
  }
  const give = async (task: GatewayTask) => {
    for (let i = 1; given.get(task.task) !== task; i += 1) {
      try {
        await connect()
        if (given.get(task.task) !== task) await put(task)
      } catch (error) {
        if (error instanceof BerthError || i === PUT_TRIES) throw error
        // It died between two words.
        live = undefined
      }
    }
  }
  return {
    add: async (task: GatewayTask) => {
      wanted.set(task.task, task)
      try {
        await give(task)
      } catch (error) {
        wanted.delete(task.task)
        throw unreachable(error as Error)
      }
    },
    /** Waits for a gateway that has the task, where it should be open. `lost`: the one that had it does not answer. */
    ready: async (task: string, lost: boolean) => {
      const known = wanted.get(task)
      if (known === undefined) return
      if (lost) {
        live = undefined
        given.delete(task)
      }
      await give(known)
    },
    remove: (task: string) => {
      wanted.delete(task)
      given.delete(task)
    },
    dispose: () => {
      disposed = true
    },
  }
}

/** The gateway as the supervisor has it: a process of its own, found or started on need, and started again where it died. */
export const egress = (options: LiveOptions): Egress => {
  const client = controlClient(options.runtimeDir)
  const tail = logTail(logFolder(options.stateDir))
  const open = openTasks(options, client)
  /** Null where no gateway answers; starts none. */
  const ask = async (method: 'GET' | 'POST' | 'DELETE', path: string) => {
    try {
      return (await client.call({ method, path })).value
    } catch {
      return null
    }
  }

  const close = async (task: string) => {
    open.remove(task)
    await ask('DELETE', `/tasks/${encodeURIComponent(task)}`)
  }

  return {
    open: open.add,
    close,
    forget: async (task) => {
      await close(task)
      removeLogs(logFolder(options.stateDir), (known) => known !== task)
    },
    held: async () => ((await ask('GET', '/tasks')) as { tasks: readonly string[] } | null)?.tasks ?? [],
    lines: tail.lines,
    dial: (task, target, signal) => dialSandbox({ ready: open.ready, dial: client.dial }, { task, target, signal }),
    keepLogs: (isKnown) => removeLogs(logFolder(options.stateDir), isKnown),
    retire: async () => {
      await ask('POST', '/retire')
    },
    status: async () => {
      const status = (await ask('GET', '/status')) as GatewayStatus | null
      return status === null ? null : { pid: status.pid, build: status.build, tasks: status.tasks }
    },
    [Symbol.asyncDispose]: async () => {
      open.dispose()
      tail.close()
      client.close()
    },
  }
}

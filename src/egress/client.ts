import { BerthError } from '../domain/errors.ts'
import { keyedLock } from '../std/keyed-lock.ts'
import { controlClient } from './control-client.ts'
import { dialSandbox } from './dial-sandbox.ts'
import type { Egress, GatewayTask, LoginKeyAnswer, WantedKey } from './egress.ts'
import { type HeardWants, heardWants } from './heard-wants.ts'
import { isOutdated, type LiveOptions, liveGateway } from './live-gateway.ts'
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

type Control = ReturnType<typeof controlClient>

const put = async (client: Control, task: GatewayTask): Promise<void> => {
  const path = `/tasks/${encodeURIComponent(task.task)}`
  const { status, value } = await client.call({ method: 'PUT', path, body: task })
  if (status !== 200) throw refused(task.task, status, value)
}

/** New rules alone, or a new key. False where no gateway holds the task. */
const putPart = async (client: Control, id: string, part: 'network' | 'key', body: unknown): Promise<boolean> => {
  const path = `/tasks/${encodeURIComponent(id)}/${part}`
  const reply = await client.call({ method: 'PUT', path, body }).catch(() => null)
  if (reply !== null && reply.status !== 200 && reply.status !== 404) throw refused(id, reply.status, reply.value)
  return reply?.status === 200
}

/** The task with another key of its login. */
const withKey = (task: GatewayTask, answer: LoginKeyAnswer): GatewayTask => {
  const { model } = task
  if (model?.login === undefined || 'refused' in answer) return task
  const { key, headers, version } = answer
  return { ...task, model: { ...model, key, headers, login: { ...model.login, version } } }
}

type Told = {
  readonly options: LiveOptions
  readonly client: Control
  /** The tasks that should be open. */
  readonly wanted: ReadonlyMap<string, GatewayTask>
  readonly wants: HeardWants
}

/** The live gateway, which is told of all tasks that should be open wherever it was started again. */
const toldGateway = ({ options, client, wanted, wants }: Told) => {
  /** What the live gateway has acknowledged. */
  const given = new Map<string, GatewayTask>()
  let live: Promise<GatewayStatus> | undefined
  let disposed = false
  let connections = 0

  const tell = async (task: GatewayTask) => {
    await put(client, task)
    given.set(task.task, task)
  }
  const lost = () => {
    live = undefined
    given.clear()
    wants.clear()
    if (!disposed && wanted.size > 0) connect().catch(() => {})
  }
  const begin = async () => {
    connections += 1
    const mine = connections
    const ended = () => {
      if (mine === connections) lost()
    }
    const status = await liveGateway(options, client, { ended, wanted: wants.tell })
    // One whose folder went meanwhile must not keep the others from their model.
    await Promise.allSettled([...wanted.values()].map(tell))
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
  const missing = (id: string): GatewayTask | undefined => {
    const task = wanted.get(id)
    return given.get(id) === task ? undefined : task
  }
  return {
    given,
    /** Gives it what is wanted of a task by now. */
    give: async (id: string) => {
      for (let i = 1; missing(id) !== undefined; i += 1) {
        try {
          await connect()
          const task = missing(id)
          if (task !== undefined) await tell(task)
        } catch (error) {
          if (error instanceof BerthError || i === PUT_TRIES) throw error
          // It died between two words.
          live = undefined
        }
      }
    },
    /** Listens to a gateway that is there and can stay. */
    attend: async () => {
      const status = await client.call({ method: 'GET', path: '/status' }).catch(() => null)
      if (status !== null && !isOutdated(status.value as GatewayStatus, options.build)) await connect()
    },
    /** It does not answer for this task. */
    doubt: (id: string) => {
      live = undefined
      given.delete(id)
    },
    dispose: () => {
      disposed = true
    },
  }
}

/** The tasks that should be open. */
const openTasks = (options: LiveOptions, client: Control) => {
  const wanted = new Map<string, GatewayTask>()
  const wants = heardWants()
  const { given, give, doubt, attend, dispose } = toldGateway({ options, client, wanted, wants })
  const alone = keyedLock()
  /** One after another of a task: what was said last holds. */
  const giveInTurn = (id: string) => alone(id, () => give(id))
  type Change = {
    readonly part: 'network' | 'key'
    readonly body: unknown
    readonly next: (task: GatewayTask) => GatewayTask
  }
  const change = async (id: string, { part, body, next }: Change): Promise<boolean> => {
    const task = wanted.get(id)
    if (task === undefined) return false
    const changed = next(task)
    wanted.set(id, changed)
    if (given.get(id) === task && (await putPart(client, id, part, body))) given.set(id, changed)
    else await give(id)
    return true
  }
  const tell = async (id: string, changed: Change): Promise<void> => {
    const isOurs = await alone(id, () => change(id, changed)).catch((error: Error) => {
      throw unreachable(error)
    })
    // A task that an earlier supervisor opened is held by the gateway alone. The next open brings all of it.
    if (!isOurs) await putPart(client, id, changed.part, changed.body)
  }
  return {
    add: async (task: GatewayTask) => {
      wanted.set(task.task, task)
      try {
        await giveInTurn(task.task)
      } catch (error) {
        wanted.delete(task.task)
        throw unreachable(error as Error)
      }
    },
    /** Waits for a gateway that has the task, where it should be open. `lost`: the one that had it does not answer. */
    ready: async (id: string, lost: boolean) => {
      if (!wanted.has(id)) return
      if (lost) doubt(id)
      await giveInTurn(id)
    },
    setNetwork: (id: string, network: GatewayTask['network']) =>
      tell(id, { part: 'network', body: network, next: (task) => ({ ...task, network }) }),
    setKey: (id: string, answer: LoginKeyAnswer) => {
      wants.met(id)
      return tell(id, { part: 'key', body: answer, next: (task) => withKey(task, answer) })
    },
    onWanted: (listener: (wanted: WantedKey) => void) => {
      // An earlier supervisor may have left requests that wait.
      attend().catch(() => {})
      return wants.listen(listener)
    },
    remove: (id: string) => {
      wants.met(id)
      wanted.delete(id)
      given.delete(id)
    },
    dispose,
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
    setNetwork: open.setNetwork,
    setKey: open.setKey,
    onWanted: open.onWanted,
    flush: async (task) => {
      await ask('POST', `/tasks/${encodeURIComponent(task)}/flush`)
    },
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

import { existsSync, mkdirSync, watch } from 'node:fs'
import type { Duplex } from 'node:stream'
import { audit } from './audit.ts'
import { type Controlled, control } from './control.ts'
import type { Limits } from './limits.ts'
import { listenUnix } from './listen-unix.ts'
import { lock } from './lock.ts'
import { CONTROL_PROTOCOL, controlSocket, lockFile, logFolder } from './protocol.ts'
import { pruneLogs } from './prune-logs.ts'
import { type TaskDoor, taskDoor } from './task-door.ts'
import { upstreamAgents } from './upstream-agents.ts'

export type GatewayOptions = {
  readonly runtimeDir: string
  readonly stateDir: string
  readonly build: string
  readonly limits: Limits
}

const CONTROL_MODE = 0o600
const FOLDER_CHECK_MS = 60_000

/** Calls back once when one of the folders is gone. */
const watchFolders = (folders: readonly string[], gone: () => void): void => {
  const check = () => {
    if (!folders.every((folder) => existsSync(folder))) gone()
  }
  for (const folder of folders) {
    try {
      watch(folder, { persistent: false }, (event) => event === 'rename' && check()).on('error', check)
    } catch {
      // No inotify watch left on this machine.
      setInterval(check, FOLDER_CHECK_MS).unref()
    }
  }
}

/** Counts what keeps the gateway alive, and says when nothing has for a while. */
const activity = (idleMs: number, idle: () => void) => {
  let connections = 0
  let requests = 0
  let timer: NodeJS.Timeout | undefined
  let quiet = () => {}
  return {
    /** After each change. */
    settle: (tasks: number) => {
      clearTimeout(timer)
      if (tasks === 0 && connections === 0) timer = setTimeout(idle, idleMs)
      if (requests === 0) quiet()
    },
    connection: (by: 1 | -1) => {
      connections += by
    },
    request: (by: 1 | -1) => {
      requests += by
    },
    whenQuiet: (then: () => void) => {
      quiet = then
      if (requests === 0) then()
    },
  }
}

/** Runs the gateway in this process until it ends it. False at once where another one serves these folders. */
export const runGateway = async ({ runtimeDir, stateDir, build, limits }: GatewayOptions): Promise<boolean> => {
  const held = lock(lockFile(runtimeDir))
  if (held === undefined) return false
  const logs = logFolder(stateDir)
  mkdirSync(logs, { recursive: true, mode: 0o700 })
  const record = audit(logs)
  const agents = upstreamAgents()
  const doors = new Map<string, TaskDoor>()
  let ending = false

  const end = () => {
    if (ending) return
    ending = true
    // The sockets go before the lock: what a successor binds is not ours to take away.
    for (const door of doors.values()) door.shut()
    listener.close()
    held[Symbol.dispose]()
    // Tells the supervisor, which watches by an open connection.
    server.closeAllConnections()
    setTimeout(() => process.exit(0), limits.drainMs).unref()
    active.whenQuiet(() => setImmediate(() => process.exit(0)))
  }
  const active = activity(limits.idleMs, end)
  const settle = () => active.settle(doors.size)
  const trackConnection = (socket: Duplex) => {
    active.connection(1)
    socket.once('close', () => {
      active.connection(-1)
      settle()
    })
    settle()
  }
  const track = {
    connection: trackConnection,
    request: (by: 1 | -1) => {
      active.request(by)
      if (by === -1) settle()
    },
  }

  const gateway: Controlled = {
    open: async (task) => {
      if (ending) throw new Error('the gateway is ending')
      const door = doors.get(task.task) ?? taskDoor(task.task, { agents, limits, write: record.write, track })
      doors.set(task.task, door)
      settle()
      try {
        await door.set(task)
      } catch (error) {
        doors.delete(task.task)
        door.end()
        settle()
        throw error
      }
    },
    close: (task) => {
      doors.get(task)?.end()
      doors.delete(task)
      settle()
    },
    tasks: () => [...doors.keys()],
    status: () => ({
      protocol: CONTROL_PROTOCOL,
      pid: process.pid,
      build,
      instance: record.instance,
      tasks: doors.size,
    }),
    retire: () => {
      if (doors.size > 0) return false
      setImmediate(end)
      return true
    },
  }
  const server = control(gateway)
  server.on('connection', trackConnection)
  const listener = await listenUnix(server, controlSocket(runtimeDir), CONTROL_MODE)
  process.on('SIGTERM', end)
  process.on('SIGHUP', () => {})
  process.on('SIGINT', () => {})
  watchFolders([runtimeDir, logs], () => process.exit(0))
  setImmediate(() => pruneLogs(logs))
  settle()
  return true
}

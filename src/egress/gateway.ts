import type { Controlled } from './control.ts'
import { CONTROL_PROTOCOL, type GatewayStatus } from './protocol.ts'
import { SandboxDialError } from './sandbox-dial.ts'
import { type TaskListener, type TaskListenerDeps, taskListener } from './task-listener.ts'
import { wantedKeys } from './wanted-keys.ts'

type Deps = Omit<TaskListenerDeps, 'wants'> & {
  readonly self: Pick<GatewayStatus, 'build' | 'instance'>
  /** After a task came or went. */
  readonly changed: () => void
  readonly retired: () => void
}

export type Gateway = Controlled & {
  /** Takes no more connections and no more tasks; requests under way go on. */
  shut(): void
}

/** The tasks of this process, each with its listener. */
export const gateway = (deps: Deps): Gateway => {
  const listeners = new Map<string, TaskListener>()
  const wants = wantedKeys()
  let ending = false
  const drop = async (task: string) => {
    const ended = listeners.get(task)?.end()
    listeners.delete(task)
    deps.changed()
    await ended
  }
  return {
    open: async (task) => {
      if (ending) throw new Error('the gateway is ending')
      const listener = listeners.get(task.task) ?? taskListener(task.task, { ...deps, wants })
      listeners.set(task.task, listener)
      deps.changed()
      try {
        await listener.set(task)
      } catch (error) {
        await drop(task.task)
        throw error
      }
    },
    setNetwork: async (task, network) => {
      const listener = listeners.get(task)
      await listener?.setNetwork(network)
      return listener !== undefined
    },
    setKey: (task, answer) => {
      const listener = listeners.get(task)
      listener?.setKey(answer)
      return listener !== undefined
    },
    wants,
    flush: (task) => listeners.get(task)?.flush(),
    close: drop,
    dial: async (task, target, signal) => {
      const listener = listeners.get(task)
      if (listener === undefined) throw new SandboxDialError('no-turn')
      const socket = await listener.dial(target, signal)
      deps.track.request(1)
      socket.once('close', () => deps.track.request(-1))
      return socket
    },
    tasks: () => [...listeners.keys()],
    status: () => ({ protocol: CONTROL_PROTOCOL, pid: process.pid, ...deps.self, tasks: listeners.size }),
    retire: () => {
      if (listeners.size > 0) return false
      setImmediate(deps.retired)
      return true
    },
    shut: () => {
      ending = true
      for (const listener of listeners.values()) listener.shut()
    },
  }
}

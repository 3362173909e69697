import type { Controlled } from './control.ts'
import { CONTROL_PROTOCOL, type GatewayStatus } from './protocol.ts'
import { type DoorDeps, type TaskDoor, taskDoor } from './task-door.ts'

type Deps = DoorDeps & {
  readonly self: Pick<GatewayStatus, 'build' | 'instance'>
  /** After a task came or went. */
  readonly changed: () => void
  readonly retired: () => void
}

export type Gateway = Controlled & {
  /** Takes no more connections and no more tasks; requests under way go on. */
  shut(): void
}

/** The tasks of this process, each with its door. */
export const gateway = (deps: Deps): Gateway => {
  const doors = new Map<string, TaskDoor>()
  let ending = false
  const drop = async (task: string) => {
    const ended = doors.get(task)?.end()
    doors.delete(task)
    deps.changed()
    await ended
  }
  return {
    open: async (task) => {
      if (ending) throw new Error('the gateway is ending')
      const door = doors.get(task.task) ?? taskDoor(task.task, deps)
      doors.set(task.task, door)
      deps.changed()
      try {
        await door.set(task)
      } catch (error) {
        await drop(task.task)
        throw error
      }
    },
    close: drop,
    tasks: () => [...doors.keys()],
    status: () => ({ protocol: CONTROL_PROTOCOL, pid: process.pid, ...deps.self, tasks: doors.size }),
    retire: () => {
      if (doors.size > 0) return false
      setImmediate(deps.retired)
      return true
    },
    shut: () => {
      ending = true
      for (const door of doors.values()) door.shut()
    },
  }
}

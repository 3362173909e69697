import type { Duplex } from 'node:stream'

export type Activity = {
  connection(socket: Duplex): void
  request(by: 1 | -1): void
  /** After tasks came or went. */
  settle(): void
  /** When no request is under way. */
  whenQuiet(then: () => void): void
}

/** Counts what keeps the gateway alive; `idle` is called when there was no task and no connection for a while. */
export const activity = (idleMs: number, tasks: () => number, idle: () => void): Activity => {
  let connections = 0
  let requests = 0
  let timer: NodeJS.Timeout | undefined
  let quiet = () => {}
  const settle = () => {
    clearTimeout(timer)
    if (tasks() === 0 && connections === 0) timer = setTimeout(idle, idleMs)
  }
  return {
    connection: (socket) => {
      connections += 1
      clearTimeout(timer)
      socket.once('close', () => {
        connections -= 1
        settle()
      })
    },
    request: (by) => {
      requests += by
      if (requests === 0) quiet()
    },
    settle,
    whenQuiet: (then) => {
      quiet = then
      if (requests === 0) then()
    },
  }
}

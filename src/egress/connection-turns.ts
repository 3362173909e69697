import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** Requests that may wait on a connection for the answers before theirs. */
const MOST_WAITING = 16

type Exchange = { readonly response: ServerResponse; readonly handle: () => Promise<void> }
type Connection = { current: ServerResponse | null; readonly waiting: Exchange[]; shut: boolean }

export type ConnectionTurns = {
  /** Handles the requests of a connection one after the other: the next one when the last one's answer is out. */
  add(socket: Duplex, exchange: Exchange): void
  /** Nothing that comes later on this connection is handled. */
  shut(socket: Duplex): void
  /** Whether an answer is still owed: anything else that is written would be taken for it. */
  owes(socket: Duplex): boolean
}

const closed = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    if (response.closed) resolve()
    else response.once('close', resolve)
  })

export const connectionTurns = (): ConnectionTurns => {
  const connections = new WeakMap<Duplex, Connection>()
  const of = (socket: Duplex): Connection => {
    const known = connections.get(socket)
    if (known !== undefined) return known
    const fresh: Connection = { current: null, waiting: [], shut: false }
    connections.set(socket, fresh)
    return fresh
  }
  const run = async (socket: Duplex, connection: Connection) => {
    while (!connection.shut && !socket.destroyed) {
      const next = connection.waiting.shift()
      if (next === undefined) break
      connection.current = next.response
      await next.handle().catch(() => next.response.destroy())
      await closed(next.response)
    }
    connection.current = null
  }
  return {
    add: (socket, exchange) => {
      const connection = of(socket)
      if (connection.shut) return
      if (connection.waiting.length >= MOST_WAITING) {
        connection.shut = true
        socket.destroy()
        return
      }
      connection.waiting.push(exchange)
      if (connection.current === null) void run(socket, connection)
    },
    shut: (socket) => {
      of(socket).shut = true
    },
    owes: (socket) => {
      const { current, waiting } = of(socket)
      return waiting.length > 0 || (current !== null && !current.writableEnded)
    },
  }
}

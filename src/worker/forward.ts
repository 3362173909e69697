import { createConnection, createServer, type Server, type Socket } from 'node:net'
import type { WorkOrder } from '../domain/worker-protocol.ts'
import { relay } from '../std/relay.ts'

type Forward = NonNullable<WorkOrder['forward']>

const RETRY_MS = 50
/** The gateway is being replaced: its socket is gone, or nobody listens on it yet. */
const GONE: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED', 'EAGAIN', 'ECONNRESET'])

const hold = (client: Socket, forward: Forward) => {
  const until = performance.now() + forward.holdMs
  let timer: NodeJS.Timeout | undefined
  let gateway: Socket | undefined
  const giveUp = () => {
    clearTimeout(timer)
    gateway?.destroy()
  }
  client.on('close', giveUp)
  client.on('error', giveUp)
  const attempt = () => {
    const socket = createConnection({ path: forward.socket, allowHalfOpen: true })
    gateway = socket
    const failed = (error: NodeJS.ErrnoException) => {
      socket.destroy()
      if (client.destroyed) return
      if (!GONE.has(error.code ?? '') || performance.now() >= until) client.resetAndDestroy()
      else timer = setTimeout(attempt, RETRY_MS)
    }
    socket.once('error', failed)
    socket.once('connect', () => {
      socket.off('error', failed)
      client.off('close', giveUp)
      client.off('error', giveUp)
      client.setNoDelay(true)
      void relay(client, socket)
    })
  }
  attempt()
}

/** The container's loopback port that leads to the gateway's socket: bytes as they come, both ways. */
const startForward = (forward: Forward): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: false, noDelay: true }, (client) =>
      hold(client, forward),
    )
    server.once('error', (error) =>
      reject(new Error(`could not listen on 127.0.0.1:${forward.port} for the model: ${error.message}`)),
    )
    // To look at an address, Node first compiles its pattern for IPv6: some milliseconds at each start.
    const address = forward.alone === true ? {} : { host: '127.0.0.1' }
    server.listen({ port: forward.port, ...address }, () => {
      server.on('error', () => {})
      resolve(server)
    })
  })

/** Opens the way once for all turns of a container; it stays open between them. */
export const keptForward = () => {
  let opened: Promise<Server> | undefined
  return (forward: Forward): Promise<Server> => {
    opened ??= startForward(forward)
    return opened
  }
}

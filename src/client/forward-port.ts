import { createServer, type Socket } from 'node:net'
import { FORWARD_PROTOCOL } from '../domain/dial.ts'
import { BerthError } from '../domain/errors.ts'
import { carryConnection } from '../std/carry-connection.ts'
import type { Client } from './client.ts'

/** Nobody but this machine's users can reach it. */
const ADDRESS = '127.0.0.1'

export type ForwardedPort = {
  readonly address: string
  /** The port on this machine. */
  readonly hostPort: number
  /** Takes no further connections, and resets those that are open. */
  close(): void
}

type Input = {
  readonly api: Client
  readonly id: string
  /** The port in the sandbox, and the one on this machine: 0 for a free one. */
  readonly port: number
  readonly hostPort: number
  /** A connection was reset for this reason. */
  readonly failed: (error: Error) => void
  /** A connection was made. */
  readonly connected: () => void
}

const cannotListen = (hostPort: number, error: NodeJS.ErrnoException): BerthError => {
  const place = `${ADDRESS}:${hostPort}`
  if (error.code === 'EADDRINUSE')
    return new BerthError('port-in-use', `${place} is in use by another program`, { cause: error })
  return new BerthError('port-in-use', `could not listen on ${place}: ${error.message}`, { cause: error })
}

/** A connection to the port, by way of the supervisor; one that has ended is started again. */
const connect = async ({ api, id, port }: Input, signal: AbortSignal): Promise<Socket> => {
  const sent = { id, query: { port: String(port) } }
  try {
    return (await api.upgrade('forward', sent, FORWARD_PROTOCOL, signal)) as Socket
  } catch (error) {
    if (error instanceof BerthError || signal.aborted) throw error
  }
  await api.ask('status', {}, signal)
  return (await api.upgrade('forward', sent, FORWARD_PROTOCOL, signal)) as Socket
}

/** Listens on a port of this machine's loopback; each connection is one to the port in the task's sandbox. */
export const forwardPort = async (input: Input): Promise<ForwardedPort> => {
  const { hostPort, failed, connected } = input
  const open = new Set<Socket>()
  const take = async (socket: Socket) => {
    const gone = new AbortController()
    const abort = () => gone.abort()
    open.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => open.delete(socket)).once('close', abort)
    try {
      const stream = await connect(input, gone.signal)
      // What it has said by now is still to arrive.
      socket.off('close', abort)
      connected()
      carryConnection(socket, stream)
    } catch (error) {
      if (!gone.signal.aborted) failed(error as Error)
      socket.resetAndDestroy()
    }
  }
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void take(socket))
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(hostPort, error)))
    server.listen({ host: ADDRESS, port: hostPort, backlog: 511 }, resolve)
  })
  server.on('error', () => {})
  const bound = server.address()
  return {
    address: ADDRESS,
    hostPort: typeof bound === 'object' && bound !== null ? bound.port : hostPort,
    close: () => {
      server.close()
      for (const socket of open) socket.resetAndDestroy()
    },
  }
}

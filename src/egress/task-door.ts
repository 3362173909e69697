import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Activity } from './activity.ts'
import type { GatewayLine, GatewayTask } from './egress.ts'
import { handleRequest, loggedPath } from './handle-request.ts'
import { http } from './http.ts'
import type { Limits } from './limits.ts'
import { listenUnix, type UnixListener } from './listen-unix.ts'
import { type Route, route } from './route.ts'
import type { UpstreamAgents } from './upstream-agents.ts'

const SOCKET_MODE = 0o666
/** An agent's leak must not take the descriptors of the other tasks. */
const MAX_CONNECTIONS = 512
const MAX_HEADER_BYTES = 128 * 1024

export type DoorDeps = {
  readonly agents: UpstreamAgents
  readonly limits: Limits
  readonly write: (line: Omit<GatewayLine, 'n' | 'at'>) => void
  readonly track: Pick<Activity, 'connection' | 'request'>
}

export type TaskDoor = {
  /** New rules; requests under way keep theirs. Resolves when the socket listens. */
  set(task: GatewayTask): Promise<void>
  /** Takes no more connections; open ones go on. */
  shut(): void
  /** Shuts, and cuts what is open. */
  end(): void
}

/** The gateway's side of one task: its socket and its rules. */
export const taskDoor = (task: string, { agents, limits, write, track }: DoorDeps): TaskDoor => {
  let rules: Route | null = null
  let listener: (UnixListener & { readonly path: string }) | null = null
  const log = (line: Omit<GatewayLine, 'n' | 'at' | 'task'>) => write({ task, ...line })

  const server = http.createServer(
    { keepAliveTimeout: 0, requestTimeout: 0, maxHeaderSize: MAX_HEADER_BYTES },
    (request, response) => {
      track.request(1)
      response.once('close', () => track.request(-1))
      handleRequest(request, response, { route: rules, write: log }).catch(() => response.destroy())
    },
  )
  const turnAway = (request: IncomingMessage, socket: Duplex, status: 403 | 426, message: string) => {
    const head = status === 426 ? '426 Upgrade Required' : '403 Forbidden'
    const body = JSON.stringify({
      error: { message: `Berth's gateway: ${message}`, type: 'berth_gateway', code: 'refused' },
    })
    socket.on('error', () => {})
    socket.end(
      `HTTP/1.1 ${head}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    )
    log({ kind: 'request', method: request.method ?? '', path: loggedPath(request.url ?? ''), status, ms: 0, message })
  }
  server.on('upgrade', (request, socket) => turnAway(request, socket, 426, 'no WebSocket; take plain HTTP'))
  server.on('connect', (request, socket) =>
    turnAway(
      request,
      socket,
      403,
      `CONNECT ${loggedPath(request.url ?? '')} is not allowed: only the model can be reached`,
    ),
  )
  server.maxConnections = MAX_CONNECTIONS
  server.on('connection', track.connection)

  const shut = () => {
    listener?.close()
    listener = null
    rules?.reach.stop()
  }
  return {
    set: async ({ model, socket }) => {
      const way = model === null ? null : agents.to(new URL(model.upstream), model.caFile)
      rules?.reach.stop()
      rules = model === null || way === null ? null : route(model, { way, limits, write: log })
      if (listener?.path === socket && listener.there()) return
      if (listener !== null) {
        const closed = new Promise((resolve) => server.once('close', resolve))
        listener.close()
        server.closeAllConnections()
        await closed
      }
      listener = { ...(await listenUnix(server, socket, SOCKET_MODE)), path: socket }
    },
    shut,
    end: () => {
      shut()
      server.closeAllConnections()
    },
  }
}

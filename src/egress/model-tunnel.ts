import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SecureContext } from 'node:tls'
import { endSoon } from '../std/end-soon.ts'
import type { Activity } from './activity.ts'
import type { GatewayChecks } from './checks.ts'
import { handleRequest } from './handle-request.ts'
import { listenerServer, type Manners, turnAway } from './listener-server.ts'
import { inspectTls } from './proxy/inspect-tls.ts'
import type { Target } from './proxy/target.ts'
import type { Route } from './route.ts'

type Deps = {
  readonly checks: Pick<GatewayChecks, 'connectTarget' | 'sniff' | 'isSameServer'>
  readonly manners: Manners
  readonly track: Pick<Activity, 'request'>
  readonly route: () => Route | null
  /** What the gateway proves itself with in the model's place. */
  readonly proofOf: (host: string) => Promise<SecureContext>
}

export type ModelTunnel = {
  /** True for a CONNECT to the model's own host, if such tunnels end at the gateway. */
  leadsToModel(request: IncomingMessage): boolean
  connect(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Cuts what is open. */
  close(): void
}

/** The server for requests in such tunnels, which listens nowhere. */
const tunnelServer = ({ manners, track, route }: Deps) =>
  listenerServer(manners, {
    request: async (request: IncomingMessage, response: ServerResponse) => {
      track.request(1)
      response.once('close', () => track.request(-1))
      const shut = () => manners.turns.shut(request.socket)
      const { log, pace } = manners
      await handleRequest(request, response, { route: route(), log, paces: pace, shut, isTunnelled: true })
    },
    // A CLI that asks for a WebSocket takes HTTP then.
    upgrade: (request, socket) => {
      const message = 'the way to the model takes HTTP alone'
      turnAway(manners, socket, '426 Upgrade Required', { refused: 'upgrade', status: 426, message }, request)
    },
    connect: (request, socket) => {
      const message = 'CONNECT inside a tunnel is not allowed'
      turnAway(manners, socket, '403 Forbidden', { refused: 'connect', status: 403, message }, request)
    },
  })

/** For a CLI that takes no other address for its model: its TLS ends here, and its requests go the model's way. */
export const modelTunnel = (deps: Deps): ModelTunnel => {
  const { checks, manners, route, proofOf } = deps
  const server = tunnelServer(deps)
  const targetOf = (request: IncomingMessage): Target | null => {
    const place = route()?.place
    const read = checks.connectTarget(request)
    if (place === undefined || !read.ok) return null
    return read.value.host === place.host && read.value.port === place.port ? read.value : null
  }
  /** Gives why the tunnel ended before its first request; null: it serves, or the client is gone. */
  const serve = async (target: Target, socket: Socket, head: Buffer): Promise<string | null> => {
    const pace = manners.pace.passed()
    if (pace === null) return 'too many requests wait'
    if (pace > 0) await sleep(pace)
    if (socket.destroyed) return null
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    const words = await checks.sniff(socket, head)
    if (words.kind === 'gone') return null
    if (words.kind !== 'tls' || !checks.isSameServer(words.serverName, target))
      return 'no TLS for the host of the model'
    const secured = await inspectTls(socket, await proofOf(target.host))
    if (secured === null) return null
    server.emit('connection', secured)
    // It was paused while its first words were looked at.
    secured.resume()
    return null
  }
  return {
    leadsToModel: (request) => route()?.model.intercept !== undefined && targetOf(request) !== null,
    connect: (request, socket, head) => {
      const target = targetOf(request)
      if (target === null) return void socket.destroy()
      socket.on('error', () => {})
      const ended = (message: string | null) => {
        if (message === null) return
        endSoon(socket)
        const line = { ...target, method: 'CONNECT', verdict: 'denied', rule: null, status: 200, ms: 0 } as const
        manners.log.net({ ...line, message })
      }
      serve(target, socket as Socket, head).then(ended, (error: Error) => ended(error.message))
    },
    close: () => server.closeAllConnections(),
  }
}

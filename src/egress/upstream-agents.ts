import type { Agent, request } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SecureContext } from 'node:tls'
import type { CompanyNetwork } from '../domain/company-network.ts'
import { hostAuthorities } from './host-authorities.ts'
import { http } from './http.ts'
import { parentTunnels } from './parent-tunnels.ts'
import { readAuthorities } from './read-authorities.ts'

/** Idle connections to an upstream are dropped before the usual servers do it, so that a request seldom meets a closing one. */
const IDLE_MS = 30_000

export type Upstream = {
  readonly request: typeof request
  readonly agent: Agent
  /** Closes idle connections now, and the others when their exchange is over. */
  retire(): void
}

/** Closes a connection on which the upstream sends bytes between two requests: they would be read as the next answer. */
export const closeUnasked = (agent: Agent): Agent => {
  const unasked = new WeakMap<Duplex, () => void>()
  const keep = agent.keepSocketAlive.bind(agent)
  const reuse = agent.reuseSocket.bind(agent)
  return Object.assign(agent, {
    keepSocketAlive: (socket: Duplex) => {
      if (socket.readableLength > 0) return false
      const close = () => void socket.destroy()
      unasked.set(socket, close)
      socket.on('data', close)
      return keep(socket) as unknown
    },
    reuseSocket: (socket: Duplex, next: Parameters<Agent['reuseSocket']>[1]) => {
      const close = unasked.get(socket)
      if (close !== undefined) socket.off('data', close)
      reuse(socket, next)
    },
  })
}

const upstream = (ask: typeof request, agent: Agent): Upstream => ({
  request: ask,
  agent: closeUnasked(agent),
  retire: () => {
    agent.maxFreeSockets = 0
    for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy()
  },
})

/** Lets an agent make its connections by a proxy. */
const byProxy = (agent: Agent, isPlain: boolean, openTunnel: () => Promise<Socket>): Agent => {
  const secure = agent.createConnection.bind(agent)
  const connect: Agent['createConnection'] = (options, done) => {
    const made = (error: Error | null, socket?: Duplex) => done?.(error, socket as Duplex)
    openTunnel().then(
      (socket) => made(null, isPlain ? socket : (secure(Object.assign(options, { socket })) ?? undefined)),
      (error: Error) => made(error),
    )
    return undefined
  }
  return Object.assign(agent, { createConnection: connect })
}

/** Authorities as TLS has them, by their text: parsing them costs more than a handshake. */
const secureContexts = () => {
  const made = new Map<string, SecureContext>()
  return (caFile: string | null): SecureContext => {
    // By its content: the file may have been replaced since.
    const own = caFile === null ? [] : readAuthorities(caFile)
    const key = own.join('\n')
    // Loaded with the first task that needs it: 13 ms.
    const tls = process.getBuiltinModule('node:tls')
    const context = made.get(key) ?? tls.createSecureContext({ ca: [...hostAuthorities(), ...own] })
    made.set(key, context)
    return context
  }
}

export type UpstreamAgents = {
  /** A way of its own with each call: no connection serves two of them. Throws where the file of authorities can't be read. */
  to(url: URL, company: CompanyNetwork): Upstream
  /** The authorities that servers are checked against: the system's, and those of a file. Throws where it can't be read. */
  secureContext(caFile: string | null): SecureContext
}

/** Ways to upstreams, each with connections of its own that are kept open. */
export const upstreamAgents = (): UpstreamAgents => {
  const secureContext = secureContexts()
  const tunnels = parentTunnels({ secureContext })
  const plain = () => new http.Agent({ keepAlive: true, timeout: IDLE_MS })
  const withTls = (caFile: string | null) => {
    const https = process.getBuiltinModule('node:https')
    return new https.Agent({ keepAlive: true, timeout: IDLE_MS, secureContext: secureContext(caFile) })
  }
  return {
    secureContext,
    to: (url, company) => {
      const isPlain = url.protocol === 'http:'
      const ask = isPlain ? http.request : (process.getBuiltinModule('node:https').request as typeof request)
      const agent = isPlain ? plain() : withTls(company.caFile)
      const openTunnel = tunnels(url, company)
      return upstream(ask, openTunnel === null ? agent : byProxy(agent, isPlain, openTunnel))
    },
  }
}

import { readFileSync } from 'node:fs'
import type { Agent, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { hostAuthorities } from './host-authorities.ts'
import { http } from './http.ts'

/** Idle connections to an upstream are dropped before the usual servers do it, so that a request seldom meets a closing one. */
const IDLE_MS = 30_000

export type Upstream = {
  readonly request: typeof request
  readonly agent: Agent
  /** Closes idle connections now, and the others when their exchange is over. */
  retire(): void
}

/** Closes a connection on which the upstream sends bytes between two requests: they would be read as the next answer. */
const closeUnasked = (agent: Agent): Agent => {
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

const withTls = (own: string | null): (() => Upstream) => {
  // Loaded with the first task that needs them: 13 ms.
  const https = process.getBuiltinModule('node:https')
  const tls = process.getBuiltinModule('node:tls')
  // Made once: parsing the authorities costs more than a handshake.
  const secureContext = tls.createSecureContext({ ca: [...hostAuthorities(), ...(own === null ? [] : [own])] })
  return () =>
    upstream(https.request as typeof request, new https.Agent({ keepAlive: true, timeout: IDLE_MS, secureContext }))
}

export type UpstreamAgents = {
  /** A way of its own with each call: no connection serves two of them. Throws where the file of authorities can't be read. */
  to(url: URL, caFile: string | null): Upstream
}

/** Ways to upstreams, each with connections of its own that are kept open. */
export const upstreamAgents = (): UpstreamAgents => {
  const secure = new Map<string | null, () => Upstream>()
  return {
    to: (url, caFile) => {
      if (url.protocol === 'http:') return upstream(http.request, new http.Agent({ keepAlive: true, timeout: IDLE_MS }))
      // By its content: the file may have been replaced since.
      const own = caFile === null ? null : readFileSync(caFile, 'utf8')
      const make = secure.get(own) ?? withTls(own)
      secure.set(own, make)
      return make()
    },
  }
}

import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { http } from '../http.ts'
import { closeUnasked } from '../upstream-agents.ts'
import type { Target } from './target.ts'

/** Shorter than usual servers wait, so that a request seldom meets a closing connection. */
const IDLE_MS = 4000
const HANDSHAKE_MS = 10_000

/** Opens a connection to a target, by an address that was checked. */
export type DialTarget = (
  target: Target & { readonly scheme?: 'http' | 'https' },
  signal: AbortSignal,
) => Promise<Socket>

export type UpstreamDeps = {
  readonly dial: DialTarget
  /** The authorities that servers are checked against. */
  readonly secureContext: () => import('node:tls').SecureContext
}

/** A TLS connection over one that is open; the server must prove that it is the target. */
const secured = (socket: Socket, host: string, deps: UpstreamDeps): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const tls = process.getBuiltinModule('node:tls')
    const net = process.getBuiltinModule('node:net')
    const name = net.isIP(host) === 0 ? { servername: host } : { host }
    const secure = tls.connect({ socket, ...name, secureContext: deps.secureContext(), ALPNProtocols: ['http/1.1'] })
    const timer = setTimeout(() => secure.destroy(new Error('no TLS handshake in time')), HANDSHAKE_MS)
    const failed = (error: Error) => {
      clearTimeout(timer)
      reject(error)
    }
    secure.once('error', failed)
    secure.once('secureConnect', () => {
      clearTimeout(timer)
      secure.off('error', failed)
      secure.setTimeout(0)
      resolve(secure)
    })
  })

export type UpstreamConnections = {
  readonly agent: import('node:http').Agent
  /** The connection that the next request takes in place of a new one. */
  offer(socket: Socket): void
  close(): void
}

/**
 * The connections upstream that one connection of a client uses, one request after another. No other client's requests
 * ever travel on them.
 */
export const upstreamConnections = (scheme: 'http' | 'https', deps: UpstreamDeps): UpstreamConnections => {
  let offered: Socket | null = null
  const closing = new AbortController()
  const agent = closeUnasked(new http.Agent({ keepAlive: true, maxFreeSockets: 1, timeout: IDLE_MS }))
  const connect = async ({ host, port }: Target): Promise<Duplex> => {
    const ready = offered
    offered = null
    const socket = ready !== null && !ready.destroyed ? ready : await deps.dial({ host, port, scheme }, closing.signal)
    if (scheme === 'http') return socket
    try {
      return await secured(socket, host, deps)
    } catch (error) {
      socket.destroy()
      throw error
    }
  }
  agent.createConnection = ((target: { host: string; port: number | string }, done) => {
    connect({ host: target.host, port: Number(target.port) }).then(
      (socket) => done?.(null, socket),
      (error: Error) => done?.(error, undefined as unknown as Duplex),
    )
    return undefined
  }) as typeof agent.createConnection
  return {
    agent,
    offer: (socket) => {
      offered = socket
    },
    close: () => {
      closing.abort()
      offered?.destroy()
      agent.destroy()
    },
  }
}

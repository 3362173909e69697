import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { isPartlyDenied, isPrivateAllowed, type NetworkRequest } from '../../domain/network/judge.ts'
import { connectTunnel } from './connect-tunnel.ts'
import type { Client, ProxyContext, ProxyDeps, ProxyRules } from './context.ts'
import { openStreams } from './open-streams.ts'
import { passRequest } from './pass-request.ts'
import { passUpgrade } from './pass-upgrade.ts'
import { type DialTarget, upstreamConnections } from './upstream-connections.ts'

export type EgressProxy = {
  /** A request in absolute form, or one in a tunnel. */
  request(request: IncomingMessage, response: ServerResponse, shut: () => void): Promise<void>
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  connect(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** New rules: streams that they do not allow end. */
  set(rules: ProxyRules): void
  /** Ends all streams, and allows nothing more. */
  close(): void
}

/** The way out of one task: each connection and request is judged by its rules. */
export const proxy = (deps: ProxyDeps, server: () => Server): EgressProxy => {
  let now: ProxyRules | null = null
  const rules = () => now?.rules ?? []
  const streams = openStreams()
  const clients = new WeakMap<Duplex, Client>()
  const dial: DialTarget = async (target, signal) => {
    if (now === null) throw new Error('the task is over')
    return now.dial({ ...target, isPrivateAllowed: isPrivateAllowed(rules(), target), signal })
  }
  const secureContext = () => now?.secureContext() ?? process.getBuiltinModule('node:tls').createSecureContext()
  const upstreamsOf = (scheme: 'http' | 'https') => upstreamConnections(scheme, { secureContext, dial })
  const remember = (socket: Duplex, client: Client): Client => {
    clients.set(socket, client)
    socket.once('close', () => client.upstreams.close())
    return client
  }
  const context: ProxyContext = {
    ...deps,
    dial,
    rules,
    streams,
    clientOf: (socket) =>
      clients.get(socket) ?? remember(socket, { scheme: 'http', tunnel: null, upstreams: upstreamsOf('http') }),
    serve: (socket, client) => {
      remember(socket, client)
      server().emit('connection', socket)
      // It was paused while its first words were looked at.
      socket.resume()
    },
    audit: (line) => deps.log.net(line),
  }
  const mayGoOn = (asked: NetworkRequest, isUnread: boolean): boolean =>
    deps.checks.judge(rules(), asked).verdict === 'allowed' && !(isUnread && isPartlyDenied(rules(), asked))
  const recheck = () => streams.recheck(mayGoOn)
  const orEnd = (socket: Duplex, work: Promise<void>) => {
    work.catch(() => socket.destroy())
  }
  return {
    request: (request, response, shut) => passRequest(context, request, { response, shut }),
    upgrade: (request, socket, head) => orEnd(socket, passUpgrade(context, request, { socket, head })),
    connect: (request, socket, head) => orEnd(socket, connectTunnel(context, request, { socket, head, upstreamsOf })),
    set: (next) => {
      now = next
      recheck()
    },
    close: () => {
      now = null
      recheck()
    },
  }
}

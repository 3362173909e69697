import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { endSoon } from '../../std/end-soon.ts'
import { relay } from '../../std/relay.ts'
import { loggedPath } from '../refusal.ts'
import type { NetLine } from '../task-log.ts'
import { allowOf, badRequest, deniedAnswer, endInPace, isForbidden, unreachedAnswer } from './answers.ts'
import type { ProxyContext } from './context.ts'
import { inspectTls } from './inspect-tls.ts'
import { TAKEN_AWAY } from './open-streams.ts'
import type { Target } from './target.ts'
import type { UpstreamConnections } from './upstream-connections.ts'

type Tunnel = {
  readonly socket: Duplex
  readonly head: Buffer
  readonly upstreamsOf: (scheme: 'http' | 'https') => UpstreamConnections
}
/** "unrecognized_name", RFC 6066 3: what a TLS server says to a client that asks for another host. */
const WRONG_NAME = Buffer.from([21, 3, 1, 0, 2, 2, 112])

type Open = {
  readonly context: ProxyContext
  readonly target: Target
  readonly socket: Duplex
  readonly upstream: Socket
  /** From now on its bytes are passed on unread. */
  readonly unread: () => void
  readonly record: (line: Partial<Pick<NetLine, 'message' | 'verdict'>>) => void
}

/** Passes the bytes of a tunnel on, unread. */
const passOn = async ({ socket, upstream, record, unread }: Open): Promise<void> => {
  unread()
  await relay(socket, upstream)
  record({})
}

/** Takes what the client says in the tunnel: TLS to the host that it named, or plain HTTP. All else ends it. */
const take = async (open: Open, tunnel: Tunnel): Promise<void> => {
  const { context, target, socket, upstream, record } = open
  const words = await context.checks.sniff(socket, tunnel.head)
  const refuse = (message: string, last?: Buffer) => {
    upstream.destroy()
    if (last !== undefined) socket.write(last)
    endSoon(socket)
    record({ verdict: 'denied', message })
  }
  const giveUp = () => {
    upstream.destroy()
    socket.destroy()
    record({ message: 'the client went away' })
  }
  if (words.kind === 'gone') return giveUp()
  if (words.kind === 'odd') return refuse(`${words.reason} in a tunnel, which passes TLS and HTTP alone`)
  if (words.kind === 'http') {
    // Its requests are judged and recorded one by one.
    const upstreams = tunnel.upstreamsOf('http')
    upstreams.offer(upstream)
    return context.serve(socket, { scheme: 'http', tunnel: target, upstreams })
  }
  if (!context.checks.isSameServer(words.serverName, target)) {
    const named = words.serverName === null ? 'no server' : `the server ${words.serverName.slice(0, 200)}`
    return refuse(`TLS asks for ${named}, and CONNECT for ${target.host}`, WRONG_NAME)
  }
  // The rules may have changed since.
  const judged = context.checks.judge(context.rules(), target)
  if (judged.verdict === 'denied') return refuse(judged.reason)
  if (judged.tls === 'tunnel') return passOn(open)
  const upstreams = tunnel.upstreamsOf('https')
  upstreams.offer(upstream)
  const secured = await inspectTls(socket, await context.proofOf(target.host)).catch((error: Error) => error)
  if (secured !== null && !(secured instanceof Error))
    return context.serve(secured, { scheme: 'https', tunnel: target, upstreams })
  upstreams.close()
  if (secured === null) giveUp()
  else refuse(secured.message)
}

/** A CONNECT: denied with a reason, or a way to its target. On record when it is over. */
export const connectTunnel = async (context: ProxyContext, request: IncomingMessage, tunnel: Tunnel): Promise<void> => {
  const { socket } = tunnel
  const began = performance.now()
  socket.on('error', () => {})
  const read = context.checks.connectTarget(request)
  const method = 'CONNECT'
  if (!read.ok) {
    const path = loggedPath(request.url ?? '')
    const line = { host: '', port: 0, method, path, verdict: 'denied' as const, rule: null, status: 400, ms: 0 }
    context.audit({ ...line, message: read.error })
    return endInPace(socket, context.paces, badRequest(read.error))
  }
  const target = read.value
  const ms = () => Math.round(performance.now() - began)
  const judged = context.checks.judge(context.rules(), target)
  if (judged.verdict === 'denied') {
    const { reason, allow } = judged
    const rule = judged.rule?.target ?? null
    context.audit({ ...target, method, verdict: 'denied', rule, status: 403, ms: ms(), allow, message: reason })
    return endInPace(socket, context.paces, deniedAnswer(context.task, judged))
  }
  const pace = context.paces.passed()
  if (pace === null) return void socket.destroy()
  const gone = new AbortController()
  socket.once('close', () => gone.abort())
  if (pace > 0) await sleep(pace)
  if (socket.destroyed) return
  const rule = judged.rule.target
  const upstream = await context.dial(target, gone.signal).catch((error: Error) => error)
  if (upstream instanceof Error) {
    const answer = unreachedAnswer(context.task, target, upstream)
    const isDenied = isForbidden(upstream)
    const line = {
      method,
      rule,
      status: answer.status,
      ms: ms(),
      ...(isDenied && { allow: allowOf(upstream, target) }),
    } as const
    context.audit({ ...target, ...line, verdict: isDenied ? 'denied' : 'allowed', message: upstream.message })
    return endInPace(socket, context.paces, answer)
  }
  if (socket.destroyed) return void upstream.destroy()
  upstream.on('error', () => {})
  context.track.request(1)
  let isUnread = false
  const forget = context.streams.add({ asked: target, isUnread: () => isUnread, cut: () => void socket.destroy() })
  socket.once('close', () => {
    forget()
    context.track.request(-1)
    upstream.destroySoon()
  })
  const record: Open['record'] = ({ verdict = 'allowed', message }) => {
    const counts = { bytesIn: upstream.bytesRead, bytesOut: upstream.bytesWritten }
    const why = forget() ? TAKEN_AWAY : message
    const said = why === undefined ? {} : { message: why }
    context.audit({ ...target, method, verdict, rule, status: 200, ms: ms(), ...counts, ...said })
  }
  socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
  const unread = () => {
    isUnread = true
  }
  await take({ context, target, socket, upstream, record, unread }, tunnel)
}

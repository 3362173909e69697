import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { endSoon } from '../../std/end-soon.ts'
import { relay } from '../../std/relay.ts'
import { http } from '../http.ts'
import { loggedPath } from '../refusal.ts'
import { answerHeaders } from '../swap-headers.ts'
import type { NetLine } from '../task-log.ts'
import { allowOf, badRequest, deniedAnswer, endInPace, isForbidden, unreachedAnswer } from './answers.ts'
import type { ProxyContext } from './context.ts'
import { TAKEN_AWAY } from './open-streams.ts'
import type { ProxiedRequest } from './proxied-request.ts'

/** The head of an answer, as it goes to the client. */
const headOf = (answer: IncomingMessage, more: readonly string[]): string => {
  const headers = [...answerHeaders(answer.rawHeaders, (text) => text), ...more]
  const lines = headers.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${headers[i + 1]}\r\n`] : []))
  return `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${lines.join('')}\r\n`
}

type Switched =
  | { readonly kind: 'switched'; readonly answer: IncomingMessage; readonly socket: Duplex; readonly head: Buffer }
  | { readonly kind: 'answered'; readonly answer: IncomingMessage }
  | { readonly kind: 'failed'; readonly error: Error }

const outcomeOf = (sent: ClientRequest): Promise<Switched> =>
  new Promise((resolve) => {
    sent.once('upgrade', (answer, socket, head) => resolve({ kind: 'switched', answer, socket, head }))
    sent.once('response', (answer) => resolve({ kind: 'answered', answer }))
    sent.on('error', (error) => resolve({ kind: 'failed', error }))
  })

type Upgrade = { readonly socket: Duplex; readonly head: Buffer }
type Allowed = ProxiedRequest & { readonly rule: string }

/** Reads and judges the request; answers it where it may not pass, and gives undefined then. */
const allowed = async (
  { audit, checks, paces, task, clientOf, rules }: ProxyContext,
  request: IncomingMessage,
  { socket }: Upgrade,
): Promise<Allowed | undefined> => {
  const client = clientOf(socket)
  const method = request.method ?? ''
  const read = checks.proxiedRequest(request, client)
  if (!read.ok || !checks.isWebSocket(request)) {
    const message = read.ok ? 'only a WebSocket is passed on as an upgrade' : read.error
    const line = { ...(client.tunnel ?? { host: '', port: 0 }), method, path: loggedPath(request.url ?? '') }
    audit({ ...line, verdict: 'denied', rule: null, status: 400, ms: 0, message })
    await endInPace(socket, paces, badRequest(message))
    return undefined
  }
  const { target, path } = read.value
  const judged = checks.withoutLimits(checks.judge(rules(), { ...target, method, path }), target)
  if (judged.verdict === 'allowed') return { ...read.value, rule: judged.rule.target }
  const { reason: message, allow, rule } = judged
  const line = { ...target, method, path: loggedPath(path), allow, message }
  audit({ ...line, verdict: 'denied', rule: rule?.target ?? null, status: 403, ms: 0 })
  await endInPace(socket, paces, deniedAnswer(task, judged))
  return undefined
}

/** Passes a WebSocket's bytes both ways; gives their numbers when it is over. */
const passBytes = async (
  { socket, head }: Upgrade,
  upstream: Upgrade,
): Promise<Pick<NetLine, 'bytesIn' | 'bytesOut'>> => {
  // Before anybody listens: a socket that flows would give them to the first listener alone.
  if (upstream.head.length > 0) upstream.socket.unshift(upstream.head)
  if (head.length > 0) socket.unshift(head)
  const counts = { bytesIn: 0, bytesOut: 0 }
  socket.on('data', (piece: Buffer) => {
    counts.bytesOut += piece.length
  })
  upstream.socket.on('data', (piece: Buffer) => {
    counts.bytesIn += piece.length
  })
  await relay(socket, upstream.socket)
  return counts
}

/** An answer in the place of a WebSocket; ends as it ended upstream. */
const passAnswer = async ({ socket }: Upgrade, answer: IncomingMessage): Promise<Partial<NetLine>> => {
  let bytesIn = 0
  answer
    .on('error', () => {})
    .on('data', (piece: Buffer) => {
      bytesIn += piece.length
    })
  socket.write(headOf(answer, ['Connection', 'close']))
  answer.pipe(socket, { end: false })
  await new Promise((resolve) => answer.once('close', resolve))
  if (answer.complete) {
    endSoon(socket)
    return { bytesIn }
  }
  const isGone = socket.destroyed
  socket.destroy()
  const message = isGone ? 'the client went away' : 'the server ended the connection in the middle of its answer'
  return { bytesIn, message }
}

/**
 * A request for a WebSocket by the proxy. What travels in it is not read, so only a rule without limits on methods lets
 * it pass.
 */
export const passUpgrade = async (context: ProxyContext, request: IncomingMessage, upgrade: Upgrade): Promise<void> => {
  const { audit, paces, task, track, streams } = context
  const { socket } = upgrade
  const began = performance.now()
  socket.on('error', () => {})
  const asked = await allowed(context, request, upgrade)
  if (asked === undefined) return
  const { target, path, headers, rule } = asked
  const method = 'GET'
  const pace = paces.passed()
  if (pace === null) return void socket.destroy()
  if (pace > 0) await sleep(pace)
  if (socket.destroyed) return
  const sent = http.request({
    agent: context.clientOf(socket).upstreams.agent,
    ...target,
    method,
    path,
    headers: [...headers, 'Connection', 'Upgrade', 'Upgrade', 'websocket'],
    setHost: false,
  })
  track.request(1)
  const forget = streams.add({ asked: { ...target, method, path }, cut: () => void socket.destroy() })
  socket.once('close', () => {
    forget()
    track.request(-1)
    sent.destroy()
  })
  // A client that ends before the answer is gone: this is no plain request, whose end node:http sees.
  const gone = () => void socket.destroy()
  socket.once('end', gone)
  sent.end()
  const outcome = await outcomeOf(sent)
  const record = (status: number, more: Partial<NetLine>) => {
    const ms = Math.round(performance.now() - began)
    const why = forget() && { message: TAKEN_AWAY }
    audit({ ...target, method, path: loggedPath(path), verdict: 'allowed', rule, status, ms, ...more, ...why })
  }
  if (outcome.kind === 'failed') {
    const words = unreachedAnswer(task, target, outcome.error)
    record(words.status, {
      message: outcome.error.message,
      ...(isForbidden(outcome.error) && { verdict: 'denied', allow: allowOf(outcome.error, target) }),
    })
    return endInPace(socket, paces, words)
  }
  if (outcome.kind === 'answered') {
    record(outcome.answer.statusCode ?? 0, await passAnswer(upgrade, outcome.answer))
    return
  }
  socket.off('end', gone)
  socket.write(headOf(outcome.answer, ['Connection', 'Upgrade', 'Upgrade', 'websocket']))
  record(101, await passBytes(upgrade, outcome))
}

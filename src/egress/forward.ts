import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { GatewayLine } from './egress.ts'
import { isPassing } from './failure-streak.ts'
import { describeAnswer, judgeAnswer } from './judge-answer.ts'
import { guardBounds, reasonOf, sendBody } from './message-bounds.ts'
import { isOverflow } from './overflow-loop.ts'
import { readSome } from './read-some.ts'
import type { Route } from './route.ts'
import { answerHeaders } from './swap-headers.ts'
import type { Attempt } from './upstream-reachability.ts'
import { type UsageMeter, usageMeter } from './usage-meter.ts'

/** An error's body is read up to here before it is answered; a longer one is passed on as it is. */
const ERROR_BODY_BYTES = 64 * 1024

type Failed = { readonly began: number; readonly status: number | null; readonly message: string }

export type Outcome = { readonly status: number | null } & Pick<GatewayLine, 'message' | 'usage' | 'model'>

const onConnected = (request: ClientRequest, connected: () => void): void => {
  request.once('socket', (socket) => {
    const { secureConnecting = false } = socket as TLSSocket & { secureConnecting?: boolean }
    if (!socket.connecting && !secureConnecting) connected()
    else socket.once('authorized' in socket ? 'secureConnect' : 'connect', connected)
  })
}

/** Puts a failure that is one too many on record; only POST counts, as every request for an answer is one. */
const countFailure = (route: Route, request: IncomingMessage, { began, status, message }: Failed): void => {
  if (request.method !== 'POST' || !route.failures.failed(began)) return
  const tries = `${message}; ${route.model.failures} tries in a row failed`
  route.verdict({ class: status === 429 ? 'rate-limit' : 'unreachable', fatal: true, status, message: tries })
}

/** Passes an error answer on, after what it means is on record. */
const passError = async (
  route: Route,
  request: IncomingMessage,
  answer: IncomingMessage,
  response: ServerResponse,
  began: number,
): Promise<Outcome> => {
  const { bytes, whole } = await readSome(answer, ERROR_BODY_BYTES, route.limits.errorBodyMs)
  const status = answer.statusCode ?? 0
  const path = (request.url ?? '').split('?', 1)[0] ?? ''
  const facts = {
    method: request.method ?? '',
    path,
    upstream: route.upstream.origin,
    status,
    headers: answer.headers,
    body: route.redact(bytes.toString('utf8')),
  }
  const verdict = judgeAnswer(facts, { now: Date.now(), retryAfterMs: route.limits.retryAfterMs })
  if (verdict !== null) route.verdict({ ...verdict, status })
  if (isOverflow(status, facts.body) && route.overflows.overflowed())
    route.verdict({ class: 'context', fatal: true, status, message: describeAnswer(facts) })
  const outcome = { status, message: describeAnswer(facts) }
  if (isPassing(status)) countFailure(route, request, { began, ...outcome })
  else route.failures.answered()
  const headers = answerHeaders(answer.rawHeaders, route.redact)
  if (!whole) {
    response.writeHead(status, answer.statusMessage, headers)
    response.write(bytes)
    answer.pipe(response)
    return outcome
  }
  const text = bytes.toString('latin1')
  // Only a body that echoes the key is changed.
  const body = route.redact(text) === text ? bytes : Buffer.from(facts.body)
  const rest = headers.filter((_, i, all) => all[i - (i % 2)]?.toLowerCase() !== 'content-length')
  response.writeHead(status, answer.statusMessage, [...rest, 'Content-Length', String(body.length)])
  response.end(body)
  return outcome
}

const refuseUnreached = (response: ServerResponse, message: string): void => {
  if (response.headersSent) return
  response.shouldKeepAlive = false
  const body = JSON.stringify({ error: { message, type: 'berth_gateway', code: 'upstream_unreachable' } })
  response.writeHead(502, { 'content-type': 'application/json' }).end(body)
}

/** What an answer told of itself. */
const told = (meter: UsageMeter | null): Pick<Outcome, 'usage' | 'model'> => {
  const usage = meter?.read() ?? null
  const model = meter?.model() ?? null
  return { ...(usage !== null && { usage }), ...(usage !== null && model !== null && { model }) }
}

/** What passes between the two sides of one exchange. */
type Exchange = { readonly began: number; outcome: Outcome; connected: boolean; meter: UsageMeter | null }

const onAnswer = (
  route: Route,
  request: IncomingMessage,
  answer: IncomingMessage,
  response: ServerResponse,
  exchange: Exchange,
): void => {
  const status = answer.statusCode ?? 0
  exchange.outcome = { status }
  answer.on('error', () => {})
  answer.once('close', () => {
    if (answer.complete) {
      if (status < 400) route.failures.answered()
      return
    }
    if (!response.destroyed) {
      const outcome = { status, message: 'the server of the model ended the connection in the middle of its answer' }
      exchange.outcome = outcome
      countFailure(route, request, { began: exchange.began, ...outcome })
    }
    response.destroy()
  })
  if (status < 400) {
    route.overflows.answered()
    response.writeHead(status, answer.statusMessage, answerHeaders(answer.rawHeaders, route.redact))
    response.flushHeaders()
    answer.pipe(response)
    // Only POST asks for an answer. It is read after it is passed on.
    exchange.meter = request.method === 'POST' ? usageMeter(answer.headers) : null
    if (exchange.meter !== null) answer.on('data', exchange.meter.write)
    return
  }
  passError(route, request, answer, response, exchange.began).then(
    (outcome) => {
      exchange.outcome = outcome
    },
    () => response.destroy(),
  )
}

/**
 * Sends one request upstream and its answer back, both streamed; resolves when the exchange is over. `headers` bound the
 * body. `shut` is called where the client's connection must not be used again.
 */
export const forward = (
  route: Route,
  request: IncomingMessage,
  response: ServerResponse,
  { headers, shut }: { readonly headers: string[]; readonly shut: () => void },
): Promise<Outcome> => {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const { upstream, way } = route
  const exchange: Exchange = { began: performance.now(), outcome: { status: null }, connected: false, meter: null }
  const host = upstream.hostname.replace(/^\[|\]$/g, '')
  const to = { agent: way.agent, host, port: upstream.port, method: request.method, path: request.url, headers }
  const sent = way.request(to)
  const unreached = (reason: string) => {
    const message = `the model at ${upstream.origin} could not be connected to: ${reason}`
    exchange.outcome = { status: 502, message }
    shut()
    refuseUnreached(response, message)
  }
  const attempt: Attempt = route.reachability.attempt((reason) => {
    unreached(reason)
    sent.destroy()
  })
  onConnected(sent, () => {
    exchange.connected = true
    attempt.connected()
  })
  sent.once('response', (answer) => {
    if (!sent.destroyed) onAnswer(route, request, answer, response, exchange)
  })
  guardBounds(sent, response, shut)
  sent.on('error', (error) => {
    if (exchange.outcome.status !== null || response.destroyed) return
    const reason = reasonOf(error)
    if (exchange.connected) {
      const outcome = { status: null, message: `the model at ${upstream.origin} dropped the request: ${reason}` }
      exchange.outcome = outcome
      countFailure(route, request, { began: exchange.began, ...outcome })
      response.destroy()
      return
    }
    attempt.failed(reason)
    unreached(reason)
  })
  response.once('close', () => {
    attempt.gone()
    const outcome = { ...exchange.outcome, ...told(exchange.meter) }
    sent.destroy()
    const gone = !response.writableFinished && outcome.message === undefined
    resolve(gone ? { ...outcome, message: 'the client went away' } : outcome)
  })
  sendBody(request, sent)
  return promise
}

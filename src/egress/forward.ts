import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { GatewayModel } from './egress.ts'
import { refusesToken } from './judge-token.ts'
import { type KeptBody, keepBody } from './kept-body.ts'
import { guardBounds, reasonOf, sendBody } from './message-bounds.ts'
import { countFailure, type Outcome, passError, refuseUnreached } from './pass-error.ts'
import { readSome } from './read-some.ts'
import type { Route } from './route.ts'
import { answerHeaders } from './swap-headers.ts'
import type { Attempt } from './upstream-reachability.ts'
import { type UsageMeter, usageMeter } from './usage-meter.ts'

/** An error's body is read up to here before it is answered; a longer one is passed on as it is. */
const ERROR_BODY_BYTES = 64 * 1024

type Forwarded = {
  /** They bound the body: as the client did, or of a body of so many bytes that is sent again. */
  readonly headers: (model: GatewayModel, length: number | null) => string[]
  /** Called where the client's connection must not be used again. */
  readonly shut: () => void
}

/** What passes between the two sides of one exchange. */
type Exchange = Forwarded & {
  readonly route: Route
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly began: number
  /** For a request on a login, which may be sent again: its body, and the end of the exchange. */
  readonly onLogin: { readonly kept: KeptBody; readonly over: AbortController } | null
  outcome: Outcome
  meter: UsageMeter | null
  /** The request that is under way upstream; a second one takes the place of the first. */
  current: { readonly sent: ClientRequest; readonly attempt: Attempt } | null
  isSecond: boolean
}

const onConnected = (request: ClientRequest, connected: () => void): void => {
  request.once('socket', (socket) => {
    const { secureConnecting = false } = socket as TLSSocket & { secureConnecting?: boolean }
    if (!socket.connecting && !secureConnecting) connected()
    else socket.once('authorized' in socket ? 'secureConnect' : 'connect', connected)
  })
}

/** What an answer told of itself. */
const told = (meter: UsageMeter | null): Pick<Outcome, 'usage' | 'model'> => {
  const usage = meter?.read() ?? null
  const model = meter?.model() ?? null
  return { ...(usage !== null && { usage }), ...(usage !== null && model !== null && { model }) }
}

type Answered = { readonly sent: ClientRequest; readonly answer: IncomingMessage; readonly version: string | undefined }

/**
 * Waits for another token where this one was refused, and sends the request again with it. Gives why there is none; null:
 * the request was sent again or is answered.
 */
const renew = async (
  exchange: Exchange,
  { kept, over }: NonNullable<Exchange['onLogin']>,
  { answer, version }: Answered & { readonly version: string },
): Promise<string | null> => {
  const { route, response } = exchange
  const body = await kept.whole()
  const renewal = await route.key.renewed(version, over.signal)
  if (!renewal.isRenewed) return renewal.reason
  exchange.isSecond = true
  exchange.outcome = { status: null }
  exchange.current = null
  answer.destroy()
  if (body !== null) {
    send(exchange, body)
    return null
  }
  const message = 'the token of the login was renewed, and the request is too long to be sent again'
  exchange.outcome = { status: 503, message }
  refuseUnreached(response, message, 503)
  return null
}

const onError = async (exchange: Exchange, answered: Answered): Promise<void> => {
  const { route, request, response, began, onLogin, isSecond } = exchange
  const { answer, version } = answered
  const { bytes, whole } = await readSome(answer, ERROR_BODY_BYTES, route.limits.errorBodyMs)
  const error = { answer, bytes, whole, text: route.redact(bytes.toString('utf8')) }
  const mayHelp = onLogin !== null && !isSecond && refusesToken(answer.statusCode ?? 0, error.text)
  const notRenewed =
    mayHelp && version !== undefined ? await renew(exchange, onLogin, { ...answered, version }) : undefined
  if (notRenewed === null) return
  onLogin?.kept.drop()
  const why = notRenewed === undefined ? {} : { notRenewed }
  exchange.outcome = passError(route, error, { request, response, began, ...why })
}

const onAnswer = (exchange: Exchange, answered: Answered): void => {
  const { route, request, response, began } = exchange
  const { sent, answer } = answered
  const status = answer.statusCode ?? 0
  exchange.outcome = { status }
  answer.on('error', () => {})
  answer.once('close', () => {
    if (exchange.current?.sent !== sent) return
    if (answer.complete) {
      if (status < 400) route.failures.answered()
      return
    }
    if (!response.destroyed) {
      const outcome = { status, message: 'the server of the model ended the connection in the middle of its answer' }
      exchange.outcome = outcome
      countFailure(route, request, { began, ...outcome })
    }
    response.destroy()
  })
  if (status < 400) {
    exchange.onLogin?.kept.drop()
    route.overflows.answered()
    response.writeHead(status, answer.statusMessage, answerHeaders(answer.rawHeaders, route.redact))
    response.flushHeaders()
    answer.pipe(response)
    // Only POST asks for an answer. It is read after it is passed on.
    exchange.meter = request.method === 'POST' ? usageMeter(answer.headers) : null
    if (exchange.meter !== null) answer.on('data', exchange.meter.write)
    return
  }
  onError(exchange, answered).catch(() => response.destroy())
}

const onFailed = (exchange: Exchange, isConnected: boolean, reason: string): void => {
  const { route, request, response, began } = exchange
  const { origin } = route.upstream
  if (isConnected) {
    const outcome = { status: null, message: `the model at ${origin} dropped the request: ${reason}` }
    exchange.outcome = outcome
    countFailure(route, request, { began, ...outcome })
    response.destroy()
    return
  }
  const message = `the model at ${origin} could not be connected to: ${reason}`
  exchange.outcome = { status: 502, message }
  exchange.shut()
  refuseUnreached(response, message)
}

/** Sends the request upstream: with the client's body, or with what was kept of it. */
const send = (exchange: Exchange, body: Buffer | null): void => {
  const { route, request, response, shut } = exchange
  const { upstream, way } = route
  const model = route.key.now()
  const headers = exchange.headers(model, body === null ? null : body.length)
  const host = upstream.hostname.replace(/^\[|\]$/g, '')
  const { method, url: path } = request
  const sent = way.request({ agent: way.agent, host, port: upstream.port, method, path, headers })
  const attempt: Attempt = route.reachability.attempt((reason) => {
    onFailed(exchange, false, reason)
    sent.destroy()
  })
  exchange.current = { sent, attempt }
  let isConnected = false
  onConnected(sent, () => {
    isConnected = true
    attempt.connected()
  })
  sent.once('response', (answer) => {
    if (!sent.destroyed) onAnswer(exchange, { sent, answer, version: model.login?.version })
  })
  guardBounds(sent, response, shut)
  sent.on('error', (error) => {
    if (exchange.current?.sent !== sent || exchange.outcome.status !== null || response.destroyed) return
    const reason = reasonOf(error)
    if (!isConnected) attempt.failed(reason)
    onFailed(exchange, isConnected, reason)
  })
  if (body === null) sendBody(request, sent)
  else sent.end(body)
}

/**
 * Sends one request upstream and its answer back, both streamed; resolves when the exchange is over. If the model refuses
 * the token of a login, the request waits for another one and is sent again, once.
 */
export const forward = (
  route: Route,
  request: IncomingMessage,
  response: ServerResponse,
  forwarded: Forwarded,
): Promise<Outcome> => {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const { model, bodies, limits } = route
  const exchange: Exchange = {
    ...forwarded,
    route,
    request,
    response,
    began: performance.now(),
    onLogin:
      model.login === undefined
        ? null
        : { kept: keepBody(request, bodies, limits.keptBodyBytes), over: new AbortController() },
    outcome: { status: null },
    meter: null,
    current: null,
    isSecond: false,
  }
  response.once('close', () => {
    const { current, onLogin } = exchange
    current?.attempt.gone()
    const outcome = { ...exchange.outcome, ...told(exchange.meter) }
    current?.sent.destroy()
    onLogin?.over.abort()
    onLogin?.kept.drop()
    const gone = !response.writableFinished && outcome.message === undefined
    resolve(gone ? { ...outcome, message: 'the client went away' } : outcome)
  })
  send(exchange, null)
  return promise
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GatewayLine } from './egress.ts'
import { isPassing } from './failure-streak.ts'
import { describeAnswer, judgeAnswer } from './judge-answer.ts'
import { isOverflow } from './overflow-loop.ts'
import type { Route } from './route.ts'
import { answerHeaders } from './swap-headers.ts'

export type Outcome = { readonly status: number | null } & Pick<GatewayLine, 'message' | 'usage' | 'model'>

type Failed = { readonly began: number; readonly status: number | null; readonly message: string }

/** Puts a failure that is one too many on record; only POST counts, as every request for an answer is one. */
export const countFailure = (route: Route, request: IncomingMessage, { began, status, message }: Failed): void => {
  if (request.method !== 'POST' || !route.failures.failed(began)) return
  const tries = `${message}; ${route.model.failures} tries in a row failed`
  route.verdict({ class: status === 429 ? 'rate-limit' : 'unreachable', fatal: true, status, message: tries })
}

/** Answers a request for which the model's server could not be asked. */
export const refuseUnreached = (response: ServerResponse, message: string, status = 502): void => {
  if (response.headersSent) return
  response.shouldKeepAlive = false
  const body = JSON.stringify({ error: { message, type: 'berth_gateway', code: 'upstream_unreachable' } })
  response.writeHead(status, { 'content-type': 'application/json' }).end(body)
}

/** An error answer, read so far. */
export type ErrorAnswer = {
  readonly answer: IncomingMessage
  readonly bytes: Buffer
  /** The bytes are all of it. */
  readonly whole: boolean
  /** What they say, with the key masked. */
  readonly text: string
}

type Between = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly began: number
  /** Why a login's token was not renewed. */
  readonly notRenewed?: string
}

/** Puts on record what an error answer means. */
const record = (route: Route, { answer, text }: ErrorAnswer, { request, began, notRenewed }: Between): Outcome => {
  const status = answer.statusCode ?? 0
  const path = (request.url ?? '').split('?', 1)[0] ?? ''
  const upstream = route.upstream.origin
  const facts = { method: request.method ?? '', path, upstream, status, headers: answer.headers, body: text }
  const login = route.model.login?.name
  const verdict = judgeAnswer(facts, {
    now: Date.now(),
    retryAfterMs: route.limits.retryAfterMs,
    ...(login !== undefined && { login: { name: login, ...(notRenewed !== undefined && { notRenewed }) } }),
  })
  if (verdict !== null) route.verdict({ ...verdict, status })
  const message = describeAnswer(facts)
  if (isOverflow(status, text) && route.overflows.overflowed())
    route.verdict({ class: 'context', fatal: true, status, message })
  if (isPassing(status)) countFailure(route, request, { began, status, message })
  else route.failures.answered()
  return { status, message }
}

/** Passes an error answer on, after what it means is on record. */
export const passError = (route: Route, error: ErrorAnswer, between: Between): Outcome => {
  const { answer, bytes, whole, text } = error
  const { response } = between
  const outcome = record(route, error, between)
  const status = answer.statusCode ?? 0
  const headers = answerHeaders(answer.rawHeaders, route.redact)
  if (!whole) {
    response.writeHead(status, answer.statusMessage, headers)
    response.write(bytes)
    answer.pipe(response)
    return outcome
  }
  const latin = bytes.toString('latin1')
  // Only a body that echoes the key is changed.
  const body = route.redact(latin) === latin ? bytes : Buffer.from(text)
  const rest = headers.filter((_, i, all) => all[i - (i % 2)]?.toLowerCase() !== 'content-length')
  response.writeHead(status, answer.statusMessage, [...rest, 'Content-Length', String(body.length)])
  response.end(body)
  return outcome
}

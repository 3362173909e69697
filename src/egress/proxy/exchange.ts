import type { Agent, IncomingMessage, ServerResponse } from 'node:http'
import { http } from '../http.ts'
import { guardBounds, reasonOf, sendBody } from '../message-bounds.ts'
import { answerHeaders } from '../swap-headers.ts'
import type { Target } from './target.ts'

export type Exchanged = {
  /** Null where the target gave no answer. */
  readonly status: number | null
  /** Bytes of the bodies: to the client, and from it. */
  readonly bytesIn: number
  readonly bytesOut: number
  /** Why there was no connection, or no whole exchange. */
  readonly message?: string
  readonly error?: Error
}

type Deps = {
  readonly agent: Agent
  readonly target: Target
  readonly path: string
  readonly headers: readonly string[]
  /** Nothing that comes later on the client's connection may be handled. */
  readonly shut: () => void
  /** Answers a request whose target could not be asked. */
  readonly unreached: (error: Error) => void
}

const unchanged = (text: string): string => text

/** Sends one request to its target and the answer back, both streamed and framed anew; resolves when it is over. */
export const exchange = (request: IncomingMessage, response: ServerResponse, deps: Deps): Promise<Exchanged> => {
  const { promise, resolve } = Promise.withResolvers<Exchanged>()
  const { agent, target, path, headers, shut } = deps
  const counted = { bytesIn: 0, bytesOut: 0 }
  let status: number | null = null
  let error: Error | undefined
  let message: string | undefined
  const sent = http.request({
    agent,
    host: target.host,
    port: target.port,
    method: request.method ?? '',
    path,
    headers,
    setHost: false,
  })
  sent.once('response', (answer) => {
    if (sent.destroyed) return
    status = answer.statusCode ?? 0
    answer.on('error', () => {})
    answer.on('data', (piece: Buffer) => {
      counted.bytesIn += piece.length
    })
    answer.once('close', () => {
      if (answer.complete) return
      message ??= 'the server ended the connection in the middle of its answer'
      response.destroy()
    })
    try {
      response.writeHead(status, answer.statusMessage, answerHeaders(answer.rawHeaders, unchanged))
    } catch {
      message ??= 'the head of its answer cannot be passed on'
      response.destroy()
      return
    }
    response.flushHeaders()
    answer.pipe(response)
  })
  guardBounds(sent, response, shut)
  sent.on('error', (cause) => {
    if (status !== null || response.destroyed) return
    error = cause
    message = reasonOf(cause)
    shut()
    deps.unreached(cause)
  })
  response.once('close', () => {
    sent.destroy()
    if (!response.writableFinished) message ??= 'the client went away'
    resolve({ status, ...counted, ...(message !== undefined && { message }), ...(error !== undefined && { error }) })
  })
  request.on('data', (piece: Buffer) => {
    counted.bytesOut += piece.length
  })
  sendBody(request, sent)
  return promise
}

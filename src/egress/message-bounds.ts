import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import { answerFraming } from './framing.ts'

/** Interim answers (1xx) before the answer; a server sends one or none. */
const MOST_INTERIM = 8

/** The system's words for a failed connection, also where several addresses failed. */
export const reasonOf = (error: NodeJS.ErrnoException): string => {
  const inner =
    error instanceof AggregateError ? (error.errors as Error[]).map(({ message }) => message).join(', ') : ''
  return error.message || inner || error.code || 'unknown error'
}

/**
 * What makes the exchange the last one on both its connections: an answer before the request's end, whose rest could be
 * taken for a further request, and an answer whose end two readers could see in different places.
 */
export const guardBounds = (sent: ClientRequest, response: ServerResponse, shut: () => void): void => {
  let interim = 0
  sent.on('information', () => {
    interim += 1
    if (interim > MOST_INTERIM) sent.destroy(new Error('it sends interim answers without an end'))
  })
  sent.once('upgrade', (_, socket) => {
    socket.destroy()
    sent.emit('error', new Error('it changes the protocol'))
  })
  sent.prependOnceListener('response', (answer: IncomingMessage) => {
    const bounds = answerFraming(answer.httpVersion, answer.rawHeaders)
    if ('odd' in bounds) {
      sent.destroy(new Error(`its answer has ${bounds.odd}`))
      return
    }
    if (sent.writableEnded) return
    sent.shouldKeepAlive = false
    response.shouldKeepAlive = false
    shut()
  })
}

/** The body as it was bounded by the client; broken off, it is broken off upstream. */
export const sendBody = (request: IncomingMessage, sent: ClientRequest): void => {
  sent.flushHeaders()
  request.on('error', () => {}).pipe(sent, { end: false })
  request.once('end', () => {
    if (request.complete) sent.end()
    else sent.destroy()
  })
  request.once('close', () => {
    if (!request.complete) sent.destroy()
  })
}

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { connectionTurns } from './connection-turns.ts'
import { http } from './http.ts'
import type { Paces } from './paces.ts'
import { lineOf, type Refusal, rawRefusal } from './refusal.ts'
import type { TaskLog } from './task-log.ts'

const MAX_HEADER_BYTES = 128 * 1024

export type Manners = {
  readonly turns: ReturnType<typeof connectionTurns>
  readonly log: TaskLog
  readonly pace: Paces
  readonly mostConnections: number
}

/** Answers what node:http gives up; never in the place of an answer that is owed, and only so often. */
export const turnAway = (
  { turns, log, pace }: Manners,
  socket: Duplex,
  head: string,
  refusal: Refusal,
  request: Pick<IncomingMessage, 'method' | 'url'>,
) => {
  const owed = turns.owes(socket)
  turns.shut(socket)
  socket.on('error', () => {})
  log.request(lineOf(request, refusal), refusal.refused)
  const wait = owed || !socket.writable ? null : pace.refused()
  if (wait === null) {
    socket.destroy()
    return
  }
  const timer = setTimeout(() => socket.end(rawRefusal(head, refusal.message)), wait)
  socket.once('close', () => clearTimeout(timer))
}

/** What a server does with what it does not turn away. */
type Handlers = {
  readonly request: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  readonly connect: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}

/** A server that hands on requests, a connection's one after another, and turns away what it cannot read. */
export const listenerServer = (manners: Manners, handle: Handlers): Server => {
  const { turns } = manners
  const take = (request: IncomingMessage, response: ServerResponse) =>
    turns.add(request.socket, { response, handle: () => handle.request(request, response) })
  const server = http.createServer(
    { keepAliveTimeout: 0, requestTimeout: 0, maxHeaderSize: MAX_HEADER_BYTES, requireHostHeader: false },
    take,
  )
  /** Takes the connection from node:http; an answer that is owed would be mixed with what comes now. */
  const takeOver =
    (name: 'upgrade' | 'connect') =>
    (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      const owed = turns.owes(socket)
      turns.shut(socket)
      if (!owed) {
        handle[name](request, socket, head)
        return
      }
      const message = `${name === 'connect' ? 'CONNECT' : 'an upgrade'} before the last answer`
      turnAway(manners, socket, '400 Bad Request', { refused: name, status: 400, message }, request)
    }
  // What node:http would answer by itself, past log and pace, is refused like everything else.
  server.on('checkExpectation', take)
  server.on('upgrade', takeOver('upgrade'))
  server.on('connect', takeOver('connect'))
  server.on('clientError', (error: Error, socket) => {
    const message = `no request that can be read: ${error.message}`
    turnAway(manners, socket, '400 Bad Request', { refused: 'malformed', status: 400, message }, {})
  })
  server.maxConnections = manners.mostConnections
  return server
}

import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { DIAL_PROTOCOL, type DialTarget, parseDialTarget } from '../domain/dial.ts'
import { splice } from '../std/splice.ts'
import { SandboxDialError } from './sandbox-dial.ts'

/** The body of an answer that is no connection: a DialFailure, or the words of another error. */
export type DialAnswer = { readonly failure?: string; readonly error?: string }

type Dialler = {
  dial(task: string, target: DialTarget, signal: AbortSignal): Promise<Socket>
}

const answer = (socket: Duplex, status: string, value: DialAnswer): void => {
  const body = JSON.stringify(value)
  const head = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`
  socket.end(`HTTP/1.1 ${status}\r\n${head}\r\n\r\n${body}`)
}

/** Answers POST /tasks/:id/dial/TARGET: the caller's connection is joined with one that came out of the task's sandbox. */
export const controlDial =
  (gateway: Dialler) =>
  (request: IncomingMessage, stream: Duplex): void => {
    const socket = stream as Socket
    const gone = new AbortController()
    socket.on('error', () => {})
    socket.once('close', () => gone.abort())
    const [, noun, id = '', verb, name = ''] = (request.url ?? '').split('/')
    const target = parseDialTarget(name)
    if (request.method !== 'POST' || noun !== 'tasks' || verb !== 'dial' || !target.ok) {
      answer(socket, '404 Not Found', { error: `no such control: ${request.method} ${request.url}` })
      return
    }
    gateway.dial(id, target.value, gone.signal).then(
      (inside) => {
        socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${DIAL_PROTOCOL}\r\n\r\n`)
        splice(socket, inside)
      },
      (error: Error) =>
        error instanceof SandboxDialError
          ? answer(socket, '502 Bad Gateway', { failure: error.failure })
          : answer(socket, '500 Internal Server Error', { error: error.message }),
    )
  }

import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import {
  DIAL_PATHS,
  DIAL_PROTOCOL,
  type DialFailure,
  type DialTarget,
  formatDialTarget,
  WORKER_REFUSALS,
  type WorkerRefusal,
} from '../domain/dial.ts'
import { onAbort } from '../std/abort.ts'
import type { Refusal } from './refusal.ts'
import { tokenBucket } from './token-bucket.ts'

/** The worker parks one. While a container takes over from another, there are two. */
const MOST_PARKED = 4
const PARKS = { burst: 30, perSecond: 1 }
/** Callers that are connected or wait. */
const MOST_CALLERS = 256
/** Lines that a parked connection leaves unread. */
const MOST_UNREAD = 16 * 1024

const SWITCHING = `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${DIAL_PROTOCOL}\r\n\r\n`
const HEARD = 'HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n'

/** A caller got no connection. */
export class SandboxDialError extends Error {
  readonly failure: DialFailure

  constructor(failure: DialFailure) {
    super(failure)
    this.failure = failure
  }
}

type Call = {
  readonly target: DialTarget
  /** The parked connection that was told of it. */
  told: Socket | null
  readonly accept: (socket: Socket) => void
  readonly refuse: (failure: DialFailure) => void
}

export type SandboxDial = {
  /** Takes a request from inside to change the protocol. Gives the reason where it does not. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Refusal | null
  /** A connection to a target in the sandbox. Rejects with a SandboxDialError. */
  dial(target: DialTarget, signal: AbortSignal): Promise<Socket>
  /** Takes no more of either. Ends the parked connections and the waiting callers; joined connections go on. */
  shut(): void
  /** Ends all connections from inside, the joined ones too. */
  cut(): void
}

const refusal = (status: number, message: string): Refusal => ({ refused: 'upgrade', status, message })
const SILENT = refusal(400, 'a connection says nothing before it is joined with a caller')
const NO_WEBSOCKET = refusal(426, 'no WebSocket; take plain HTTP')

/** Token null: it parks. Failure null: it is the connection itself. */
type Said = { readonly token: string | null; readonly failure: WorkerRefusal | null }

const readRequest = ({ url = '', method, headers }: IncomingMessage): Said | null => {
  if (method !== 'GET' || headers.upgrade !== DIAL_PROTOCOL) return null
  const { park, accept, refuse } = DIAL_PATHS
  if (url === park) return { token: null, failure: null }
  if (url.startsWith(accept)) return { token: url.slice(accept.length), failure: null }
  const [token = '', word] = url.startsWith(refuse) ? url.slice(refuse.length).split('/') : []
  const failure = WORKER_REFUSALS.find((one) => one === word)
  return failure === undefined ? null : { token, failure }
}

/** The parked connections: the oldest one is told of a caller. They only listen; one that says a word is ended. */
const parking = (retell: (lost: Socket | null) => void) => {
  const parked = new Set<Socket>()
  const pace = tokenBucket(PARKS)
  return {
    park: (socket: Socket): Refusal | null => {
      if (parked.size >= MOST_PARKED || !pace.take()) return refusal(429, 'too many parked connections')
      parked.add(socket)
      socket.once('close', () => {
        parked.delete(socket)
        retell(socket)
      })
      socket.once('data', () => socket.destroy())
      socket.write(SWITCHING)
      retell(null)
      return null
    },
    tell: (line: string): Socket | null => {
      const [socket] = parked
      if (socket === undefined) return null
      if (socket.writableLength > MOST_UNREAD) socket.destroy()
      else socket.write(line)
      return socket
    },
    end: () => {
      for (const socket of parked) socket.destroy()
    },
  }
}

/**
 * The gateway's side of connections into one sandbox. It connects to nothing: what is inside comes with a token that was
 * made for one caller of this task. Everything inside may park and answer, which gives it no more than to listen on the
 * port itself.
 */
export const sandboxDial = ({ waitMs }: { readonly waitMs: number }): SandboxDial => {
  const calls = new Map<string, Call>()
  const joined = new Set<Socket>()
  let ended = false

  const tell = (token: string, call: Call) => {
    call.told = lines.tell(`${token} ${formatDialTarget(call.target)}\n`)
  }
  const lines = parking((lost) => {
    for (const [token, call] of calls) if (call.told === lost) tell(token, call)
  })
  const join = (socket: Socket) => {
    joined.add(socket)
    socket.once('close', () => joined.delete(socket))
    return socket
  }
  const dial: SandboxDial['dial'] = async (target, signal) => {
    if (ended) throw new SandboxDialError('no-turn')
    if (calls.size + joined.size >= MOST_CALLERS) throw new SandboxDialError('crowded')
    const token = crypto.randomUUID()
    const { promise, resolve, reject } = Promise.withResolvers<Socket>()
    // A token is good once.
    const over = () => calls.delete(token)
    const refuse = (failure: DialFailure) => {
      over()
      reject(new SandboxDialError(failure))
    }
    const accept = (socket: Socket) => {
      over()
      resolve(join(socket))
    }
    const call: Call = { target, told: null, accept, refuse }
    calls.set(token, call)
    tell(token, call)
    const timer = setTimeout(() => refuse('silent'), waitMs)
    using _ = onAbort(signal, () => refuse('silent'))
    try {
      return await promise
    } finally {
      clearTimeout(timer)
    }
  }
  const upgrade: SandboxDial['upgrade'] = (request, socket, head) => {
    const said = readRequest(request)
    if (said === null) return NO_WEBSOCKET
    if (ended || head.length > 0) return SILENT
    socket.on('error', () => {})
    if (said.token === null) return lines.park(socket)
    const call = calls.get(said.token)
    if (call === undefined) return refusal(404, 'no caller waits for this connection')
    if (said.failure === null) {
      socket.write(SWITCHING)
      call.accept(socket)
    } else {
      socket.end(HEARD)
      call.refuse(said.failure)
    }
    return null
  }
  const shut = () => {
    ended = true
    lines.end()
    for (const call of calls.values()) call.refuse('no-turn')
  }
  const cut = () => {
    lines.end()
    for (const socket of joined) socket.destroy()
  }
  return { upgrade, dial, shut, cut }
}

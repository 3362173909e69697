import { createConnection, type Socket } from 'node:net'
import { DIAL_PATHS, DIAL_PROTOCOL, parseDialTarget, type WorkerRefusal } from '../domain/dial.ts'
import type { WorkOrder } from '../domain/worker-protocol.ts'
import { carryConnection } from '../std/carry-connection.ts'
import type { TerminalPlace } from './agent-terminal.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { Programs } from './programs.ts'

/** Pauses before the gateway is tried again: it may be on its way, or closed until the next turn. */
const FIRST_PAUSE_MS = 50
const LAST_PAUSE_MS = 2000
/** For a connection to a server in the sandbox: the gateway's caller waits no longer. */
const CONNECT_MS = 10_000
/** The loopback's addresses: a server may listen on either. */
const ADDRESSES = ['127.0.0.1', '::1'] as const
/** Bytes of an answer's head, and of a line. */
const LONGEST = 4096
const HEAD_END = '\r\n\r\n'

/** Asks the gateway to change the protocol. Resolves with the connection, undefined where it does not. */
const joinGateway = (path: string, url: string): Promise<Socket | undefined> =>
  new Promise((resolve) => {
    const socket = createConnection({ path })
    const over = () => resolve(undefined)
    let text = ''
    const read = (bytes: Buffer) => {
      text += bytes.toString('latin1')
      const end = text.indexOf(HEAD_END)
      if (end < 0 && text.length < LONGEST) return
      socket.off('data', read).off('close', over).pause()
      if (end < 0 || !text.startsWith('HTTP/1.1 101 ')) {
        socket.destroy()
        return over()
      }
      const rest = Buffer.from(text.slice(end + HEAD_END.length), 'latin1')
      if (rest.length > 0) socket.unshift(rest)
      resolve(socket)
    }
    socket.on('error', () => {})
    socket.on('close', over)
    socket.on('data', read)
    socket.write(`GET ${url} HTTP/1.1\r\nhost: berth\r\nconnection: Upgrade\r\nupgrade: ${DIAL_PROTOCOL}\r\n\r\n`)
  })

/** A connection within the sandbox, else why there is none. */
const connectTo = (host: string, port: number): Promise<Socket | NodeJS.ErrnoException> =>
  new Promise((resolve) => {
    const socket = createConnection({ host, port, allowHalfOpen: true, noDelay: true, timeout: CONNECT_MS })
    socket.once('error', resolve)
    socket.once('timeout', () => socket.destroy(new Error('it does not answer')))
    socket.once('connect', () => {
      socket.off('error', resolve).removeAllListeners('timeout').setTimeout(0)
      socket.on('error', () => {})
      resolve(socket)
    })
  })

const connectLocally = async (port: number): Promise<Socket | WorkerRefusal> => {
  let refusal: WorkerRefusal = 'closed'
  for (const host of ADDRESSES) {
    const made = await connectTo(host, port)
    if (!(made instanceof Error)) return made
    // A sandbox need not have IPv6.
    if (made.code !== 'ECONNREFUSED' && host === ADDRESSES[0]) refusal = 'failed'
  }
  return refusal
}

/** What callers can be connected to, beside ports. */
export type Inside = {
  readonly place: TerminalPlace
  readonly frames: FrameWriter
  readonly programs: Programs
  /** The turn's. */
  readonly order: () => WorkOrder
}
/** What becomes of the connection to the caller, where there is one. */
type Served = { readonly serve: (stream: Socket) => void; readonly drop: () => void }

const servePort = async (port: number): Promise<Served | WorkerRefusal> => {
  const made = await connectLocally(port)
  if (typeof made === 'string') return made
  return { serve: (stream) => carryConnection(made, stream), drop: () => made.resetAndDestroy() }
}

const serveAgent = async ({ place, frames }: Inside): Promise<Served | WorkerRefusal> => {
  const terminal = await place.find()
  if (terminal === undefined) return 'closed'
  const { serveTerminal } = await import('./serve-terminal.ts')
  return { serve: (stream) => serveTerminal(stream, terminal, frames), drop: () => {} }
}

const serveCaller = async ({ order, programs }: Inside): Promise<Served> => {
  const { serveProgram } = await import('./serve-program.ts')
  return { serve: (stream) => void serveProgram(stream, order(), programs), drop: () => {} }
}

const find = async (name: string, inside: Inside): Promise<Served | WorkerRefusal> => {
  const target = parseDialTarget(name)
  if (!target.ok) return 'unknown'
  switch (target.value.kind) {
    case 'port':
      return servePort(target.value.port)
    case 'terminal':
      return serveAgent(inside)
    case 'program':
      return serveCaller(inside)
  }
}

const answer = async (path: string, token: string, name: string, inside: Inside): Promise<void> => {
  const found = await find(name, inside)
  if (typeof found === 'string') {
    await joinGateway(path, `${DIAL_PATHS.refuse}${token}/${found}`)
    return
  }
  const stream = await joinGateway(path, `${DIAL_PATHS.accept}${token}`)
  if (stream === undefined) found.drop()
  else found.serve(stream)
}

/** Answers the lines of a parked connection: a token and a target each. */
const heed = (path: string, parked: Socket, inside: Inside) => {
  let text = ''
  parked.on('data', (bytes) => {
    const lines = (text + bytes.toString('latin1')).split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) {
      const [token = '', target = ''] = line.split(' ')
      answer(path, token, target, inside).catch(() => {})
    }
    if (text.length > LONGEST) parked.destroy()
  })
  parked.resume()
}

/**
 * Lets callers outside connect to servers in this sandbox, and to its terminals: parks a connection at the gateway, and for
 * each caller makes one to the target and one to the gateway. Nobody outside needs a path or an address in here. The returned
 * function tries the gateway at once.
 */
export const answerCallers = (path: string, inside: Inside): (() => void) => {
  let pause = FIRST_PAUSE_MS
  let timer: NodeJS.Timeout | undefined
  const park = async () => {
    timer = undefined
    const parked = await joinGateway(path, DIAL_PATHS.park)
    if (parked === undefined) return again()
    pause = FIRST_PAUSE_MS
    parked.once('close', again)
    heed(path, parked, inside)
  }
  const again = () => {
    timer = setTimeout(park, pause).unref()
    pause = Math.min(pause * 2, LAST_PAUSE_MS)
  }
  const now = () => {
    if (timer === undefined) return
    clearTimeout(timer)
    pause = FIRST_PAUSE_MS
    void park()
  }
  again()
  return now
}

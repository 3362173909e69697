import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import { onAbort } from '../std/abort.ts'
import { errorMessage } from '../std/error-message.ts'
import { redactor } from '../std/redact.ts'
import { DialError } from './dial-error.ts'
import { http } from './http.ts'
import { proxyWords } from './proxy-words.ts'
import { secured } from './secured.ts'

const MOST_BODY = 8192
const BODY_MS = 1000
const MAX_HEADER_BYTES = 32 * 1024

type Through = {
  readonly proxy: URL
  /** `host:port`, an IPv6 address in brackets. */
  readonly target: string
  /** Connects to the proxy itself, wherever it stands. */
  readonly connect: (host: string, port: number) => Promise<Socket>
  /** Asked for only where the proxy is spoken to by TLS. */
  readonly secureContext: () => SecureContext
  readonly signal: AbortSignal
}

const portOf = ({ port, protocol }: URL): number => (port !== '' ? Number(port) : protocol === 'https:' ? 443 : 80)

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '')

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const loginOf = ({ username, password }: URL): string | null =>
  username === '' && password === '' ? null : `${decoded(username)}:${decoded(password)}`

/** As far as it comes soon: a proxy need not say where its page ends. */
const bodyOf = async (answer: IncomingMessage, socket: Socket, head: Buffer): Promise<string> => {
  const length = Math.min(Number(answer.headers['content-length'] ?? MOST_BODY), MOST_BODY)
  const { promise, resolve } = Promise.withResolvers<void>()
  let body = head
  const timer = setTimeout(resolve, BODY_MS)
  socket.once('close', resolve).once('end', resolve)
  socket.on('data', (piece: Buffer) => {
    body = Buffer.concat([body, piece])
    if (body.length >= length) resolve()
  })
  if (body.length >= length) resolve()
  await promise
  clearTimeout(timer)
  return body.subarray(0, length).toString('utf8')
}

type Answered = { readonly answer: IncomingMessage; readonly head: Buffer }

const asked = async (socket: Socket, { proxy, target, signal }: Through): Promise<Answered> => {
  const login = loginOf(proxy)
  const headers = {
    host: target,
    connection: 'keep-alive',
    'proxy-connection': 'keep-alive',
    ...(login === null ? {} : { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` }),
  }
  const { promise, resolve, reject } = Promise.withResolvers<Answered>()
  const request = http.request({
    method: 'CONNECT',
    path: target,
    headers,
    maxHeaderSize: MAX_HEADER_BYTES,
    createConnection: () => socket,
  })
  request.once('connect', (answer, _socket, head) => resolve({ answer, head }))
  request.on('error', reject)
  using _ = onAbort(signal, () => reject(signal.reason))
  request.end()
  return await promise
}

const tunnel = async (socket: Socket, through: Through): Promise<Socket> => {
  const { answer, head } = await asked(socket, through)
  const status = answer.statusCode ?? 0
  if (status >= 200 && status < 300) {
    if (head.length > 0) socket.unshift(head)
    return socket
  }
  const login = loginOf(through.proxy)
  const redact = redactor(login === null ? [] : [login, decoded(through.proxy.password)])
  const said = proxyWords(redact(`${answer.statusMessage ?? ''} ${await bodyOf(answer, socket, head)}`))
  const why = said === '' ? '' : `: ${said}`
  throw new DialError('parent', `the proxy ${through.proxy.host} refuses ${through.target} with ${status}${why}`)
}

/**
 * Connects to a target by a proxy, which looks the target's name up. Rejects with a DialError that has the proxy's own
 * words, or with the signal's reason.
 */
export const connectThrough = async (through: Through): Promise<Socket> => {
  const { proxy, connect, secureContext, signal } = through
  const socket = await connect(hostOf(proxy), portOf(proxy)).catch((error: unknown) => {
    signal.throwIfAborted()
    throw new DialError('parent', `the proxy ${proxy.host} can't be reached: ${errorMessage(error)}`)
  })
  try {
    const speaking =
      proxy.protocol === 'https:'
        ? await secured(socket, hostOf(proxy), { secureContext: secureContext(), signal })
        : socket
    return await tunnel(speaking, through)
  } catch (error) {
    socket.destroy()
    signal.throwIfAborted()
    if (error instanceof DialError) throw error
    throw new DialError('parent', `the proxy ${proxy.host} gives no proper answer: ${errorMessage(error)}`)
  }
}

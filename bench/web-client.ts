import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createSecureContext, type SecureContext, connect as tlsConnect } from 'node:tls'

/** A way to a server: direct, or by a proxy at a port (or socket) of this machine. */
export type Way = {
  readonly proxy: number | string | null
  readonly scheme: 'http' | 'https'
  readonly port: number
  /** PEM of what the client trusts. */
  readonly ca: string
}

const HOST = '127.0.0.1'

const opened = (to: number | string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = typeof to === 'string' ? connect({ path: to }) : connect({ host: HOST, port: to, noDelay: true })
    socket.once('error', reject).once('connect', () => resolve(socket.off('error', reject)))
  })

const tunnel = (proxy: Socket, port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    proxy.write(`CONNECT ${HOST}:${port} HTTP/1.1\r\nHost: ${HOST}:${port}\r\n\r\n`)
    let head = ''
    const take = (piece: Buffer) => {
      head += piece.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      proxy.off('data', take).pause()
      if (/^HTTP\/1\.[01] 200 /.test(head)) resolve(proxy)
      else reject(new Error(`the proxy answers a CONNECT with: ${head.slice(0, 500)}`))
    }
    proxy.on('data', take).once('error', reject)
  })

const secured = (socket: Socket, secureContext: SecureContext): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    const secure = tlsConnect({ socket, host: HOST, secureContext })
    secure.once('error', reject).once('secureConnect', () => resolve(secure))
  })

const connection = async ({ proxy, scheme, port }: Way, secureContext: SecureContext): Promise<Duplex> => {
  const socket = await opened(proxy ?? port)
  if (scheme === 'http') return socket
  return await secured(proxy === null ? socket : await tunnel(socket, port), secureContext)
}

/** One client of a way; its requests come one after the other. `kept`: on one connection, else each on a new one. */
export const client = (way: Way, kept: boolean) => {
  const agent = new Agent({ keepAlive: kept, maxSockets: 1 })
  // Once, as a program does: the authorities take longer to read than a handshake.
  const secureContext = createSecureContext({ ca: way.ca })
  agent.createConnection = ((_: object, done: (error: Error | null, socket: Duplex) => void) => {
    connection(way, secureContext).then(
      (socket) => done(null, socket),
      (error: Error) => done(error, undefined as unknown as Duplex),
    )
  }) as typeof agent.createConnection
  const isAbsolute = way.proxy !== null && way.scheme === 'http'
  const path = isAbsolute ? `http://${HOST}:${way.port}/` : '/'
  const headers = { host: `${HOST}:${way.port}` }
  return {
    /** Milliseconds to the first byte of the answer, of which all is read. */
    get: (): Promise<number> =>
      new Promise((resolve, reject) => {
        const from = performance.now()
        const asked = request({ agent, path, headers }, (answer) => {
          let ms = 0
          answer.on('data', () => {
            if (ms === 0) ms = performance.now() - from
          })
          answer.once('end', () =>
            answer.statusCode === 200 ? resolve(ms) : reject(new Error(`the answer is ${answer.statusCode}`)),
          )
        })
        asked.once('error', reject).end()
      }),
    close: () => agent.destroy(),
  }
}

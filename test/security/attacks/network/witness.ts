import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, createServer as createRaw, type Server, type Socket } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { WitnessPorts } from './network-lib.ts'

export type Witness = {
  readonly ports: WitnessPorts
  /** True where one of the servers saw this word: in a target, a header, a server name, or bytes. */
  saw(word: string): boolean
  close(): Promise<void>
}

/** Servers of the loopback for which attacks aim, and which keep what they see. */
export const startWitness = async (certificate: { readonly cert: string; readonly key: string }): Promise<Witness> => {
  const seen: string[] = []
  const open = new Set<Socket>()
  const servers: Server[] = []
  const note = ({ method, url, rawHeaders }: IncomingMessage) =>
    void seen.push(`${method} ${url} ${rawHeaders.join(' ')}`)
  const noteBytes = (socket: import('node:stream').Duplex) =>
    socket.on('error', () => {}).on('data', (piece: Buffer) => void seen.push(piece.toString('latin1')))
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    note(request)
    const location = /^\/redirect\?to=(.*)$/.exec(request.url ?? '')?.[1]
    if (location === undefined) response.end('seen')
    else response.writeHead(302, { location: decodeURIComponent(location) }).end()
  }
  const listen = async (server: Server): Promise<number> => {
    server.on('connection', (socket: Socket) => void open.add(socket.on('error', () => {})))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    servers.push(server)
    return (server.address() as AddressInfo).port
  }
  const tls = {
    ...certificate,
    SNICallback: (name: string, done: (error: Error | null, context?: import('node:tls').SecureContext) => void) => {
      seen.push(`server name ${name}`)
      done(null, createSecureContext(certificate))
    },
  }
  const [plain, secure] = [createHttp(answer), createHttps(tls, answer)]
  secure.on('secureConnection', (socket) => void seen.push(`TLS for ${socket.servername || 'nobody'}`))
  for (const server of [plain, secure]) {
    server.on('upgrade', (request, socket, head) => {
      note(request)
      noteBytes(socket)
      seen.push(head.toString('latin1'))
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    })
    server.on('connect', (request, socket) => {
      note(request)
      socket.destroy()
    })
  }
  const ports = {
    http: await listen(plain),
    https: await listen(secure),
    raw: await listen(createRaw((socket) => void noteBytes(socket))),
  }
  return {
    ports,
    saw: (word) => seen.some((line) => line.includes(word)),
    close: async () => {
      const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)))
      for (const socket of open) socket.destroy()
      await Promise.all(closed)
    },
  }
}

import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ROUTES } from '../api/contract.ts'
import type { UpgradeRoute } from '../api/route-types.ts'
import type { UseCases } from '../app/use-cases.ts'
import { BerthError } from '../domain/errors.ts'
import { errorMessage } from '../std/error-message.ts'
import { splice } from '../std/splice.ts'
import { read } from './asked-of.ts'
import { serveAttach } from './attach.ts'
import { serveExec } from './exec.ts'
import { problem } from './problem.ts'
import { serveSignIn } from './sign-in.ts'

type Asked = { readonly id: string; readonly search: URLSearchParams; readonly signal: AbortSignal }
/** Looks whether the route can be served; gives what serves the connection. */
type Opener = (use: UseCases, asked: Asked) => Promise<(socket: Socket) => unknown>

const OPENERS: Readonly<Record<UpgradeRoute, Opener>> = {
  exec: async (use, { id, signal }) => {
    const open = await use.exec(id, signal)
    return (socket) => serveExec(open, socket)
  },
  attach: async (use, { id, signal }) => {
    const attach = use.attach(id, signal)
    return (socket) => serveAttach(attach, socket)
  },
  shell: async (use, { id, signal }) => {
    const inside = await use.shell(id, signal)
    return (socket) => splice(socket, inside)
  },
  signIn: async (use, { id, signal }) => {
    const open = use.signIn(id)
    return (socket) => serveSignIn(open, socket, signal)
  },
  forward: async (use, { id, search, signal }) => {
    const { port } = read(ROUTES.forward.query, { port: search.get('port') ?? '' })
    const inside = await use.forward(id, port, signal)
    return (socket) => splice(socket, inside)
  },
}

const PATHS = Object.keys(OPENERS).map((name) => {
  const route = name as UpgradeRoute
  return { route, pattern: new RegExp(`^${ROUTES[route].path.replace(':id', '([^/]+)')}$`) }
})

/** The route and the task or agent that a request names; undefined where it names none that upgrades. */
const routeOf = ({ method, url = '', headers }: IncomingMessage) => {
  const [path = '', query = ''] = url.split('?')
  for (const { route, pattern } of PATHS) {
    const [, id] = pattern.exec(path) ?? []
    const row = ROUTES[route]
    if (id === undefined || method !== row.method || headers.upgrade !== row.answer.protocol) continue
    try {
      return { route, protocol: row.answer.protocol, id: decodeURIComponent(id), search: new URLSearchParams(query) }
    } catch {
      return undefined
    }
  }
  return undefined
}

const refuse = (socket: Duplex, error: unknown) => {
  const answer = problem(error)
  const body = JSON.stringify(answer)
  socket.end(
    `HTTP/1.1 ${answer.status} ${answer.title}\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}

/** Answers requests that change a connection's protocol, each in the way of its route. */
export const upgradeServer =
  (input: {
    readonly use: UseCases
    readonly touch: () => () => void
    readonly log: (line: Readonly<Record<string, unknown>>) => void
  }) =>
  (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    const socket = stream as Socket
    const release = input.touch()
    const over = new AbortController()
    socket.on('error', () => {})
    socket.once('close', () => {
      release()
      over.abort(new Error('the caller has gone'))
    })
    if (head.length > 0) socket.unshift(head)
    const found = routeOf(request)
    if (found === undefined) {
      refuse(socket, new BerthError('bad-request', `${request.url}: this path does not upgrade a connection`))
      return
    }
    const { route, protocol, id, search } = found
    const serve = async (open: (socket: Socket) => unknown) => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nupgrade: ${protocol}\r\nconnection: Upgrade\r\n\r\n`)
      try {
        await open(socket)
      } catch (error) {
        input.log({ level: 'error', msg: route, error: error instanceof Error ? error.stack : errorMessage(error) })
      }
    }
    OPENERS[route](input.use, { id, search, signal: over.signal }).then(serve, (error: unknown) =>
      refuse(socket, error),
    )
  }

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Activity } from './activity.ts'
import { connectionTurns } from './connection-turns.ts'
import type { GatewayLine, GatewayTask } from './egress.ts'
import { handleRequest } from './handle-request.ts'
import { http } from './http.ts'
import type { Limits } from './limits.ts'
import { listenUnix, type UnixListener } from './listen-unix.ts'
import { paces } from './paces.ts'
import { lineOf, loggedPath, type Refusal, rawRefusal } from './refusal.ts'
import { type Route, route } from './route.ts'
import { type SandboxDial, sandboxDial } from './sandbox-dial.ts'
import { taskLog } from './task-log.ts'
import type { UpstreamAgents } from './upstream-agents.ts'

const SOCKET_MODE = 0o666
/** An agent's leak must not take the descriptors of the other tasks. */
const MAX_CONNECTIONS = 512
const MAX_HEADER_BYTES = 128 * 1024

export type TaskListenerDeps = {
  readonly agents: UpstreamAgents
  readonly limits: Limits
  readonly write: (line: Omit<GatewayLine, 'n' | 'at'>) => void
  readonly track: Pick<Activity, 'connection' | 'request'>
}

export type TaskListener = {
  /** New rules; requests under way keep theirs. Resolves when the socket listens. */
  set(task: GatewayTask): Promise<void>
  /** Takes no more connections; open ones go on. */
  shut(): void
  /** Shuts, and cuts what is open. Resolves when its log is whole. */
  end(): Promise<void>
  /** A connection into the sandbox. Rejects with a DialError. */
  readonly dial: SandboxDial['dial']
}

type Manners = {
  readonly turns: ReturnType<typeof connectionTurns>
  readonly log: ReturnType<typeof taskLog>
  readonly pace: ReturnType<typeof paces>
  readonly dial: SandboxDial
}

const OWED: Refusal = { refused: 'upgrade', status: 400, message: 'an answer is owed on this connection' }

/** Answers what node:http gives up; never in the place of an answer that is owed, and only so often. */
const turnAway = (
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

/** A server that hands on plain requests, a connection's one after another, and turns away all else. */
const listenerServer = (
  manners: Manners,
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
) => {
  const take = (request: IncomingMessage, response: ServerResponse) =>
    manners.turns.add(request.socket, { response, handle: () => handle(request, response) })
  const server = http.createServer(
    { keepAliveTimeout: 0, requestTimeout: 0, maxHeaderSize: MAX_HEADER_BYTES, requireHostHeader: false },
    take,
  )
  // What node:http would answer by itself, past log and pace, is refused like everything else.
  server.on('checkExpectation', take)
  server.on('upgrade', (request, socket, head) => {
    const refusal = manners.turns.owes(socket) ? OWED : manners.dial.upgrade(request, socket as Socket, head)
    if (refusal === null) return
    turnAway(manners, socket, `${refusal.status} ${http.STATUS_CODES[refusal.status]}`, refusal, request)
  })
  server.on('connect', (request, socket) => {
    const message = `CONNECT ${loggedPath(request.url ?? '')} is not allowed: only the model can be reached`
    turnAway(manners, socket, '403 Forbidden', { refused: 'connect', status: 403, message }, request)
  })
  server.on('clientError', (error: Error, socket) => {
    const message = `no request that can be read: ${error.message}`
    turnAway(manners, socket, '400 Bad Request', { refused: 'malformed', status: 400, message }, {})
  })
  server.maxConnections = MAX_CONNECTIONS
  return server
}

/** The gateway's side of one task: its socket and its rules. */
export const taskListener = (task: string, { agents, limits, write, track }: TaskListenerDeps): TaskListener => {
  let rules: Route | null = null
  let open: (UnixListener & { readonly path: string }) | null = null
  const log = taskLog((line) => write({ task, ...line }))
  const pace = paces()
  const turns = connectionTurns()
  const dial = sandboxDial({ waitMs: limits.dialMs })

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    track.request(1)
    response.once('close', () => track.request(-1))
    const shut = () => turns.shut(request.socket)
    await handleRequest(request, response, { route: rules, log, paces: pace, shut })
  }
  const server = listenerServer({ turns, log, pace, dial }, handle)
  server.on('connection', track.connection)

  const shut = () => {
    open?.close()
    open = null
    dial.shut()
    rules?.reachability.stop()
    rules?.way.retire()
    log.flush()
  }
  return {
    set: async ({ model, company, socket }) => {
      const way = model === null ? null : agents.to(new URL(model.upstream), company)
      rules?.reachability.stop()
      rules?.way.retire()
      rules = model === null || way === null ? null : route(model, { way, limits, write: log.verdict })
      if (open?.path === socket && open.there()) return
      if (open !== null) {
        const closed = new Promise((resolve) => server.once('close', resolve))
        open.close()
        dial.cut()
        server.closeAllConnections()
        await closed
      }
      open = { ...(await listenUnix(server, socket, SOCKET_MODE)), path: socket }
    },
    shut,
    dial: dial.dial,
    end: async () => {
      shut()
      dial.cut()
      server.closeAllConnections()
      // The requests that were cut write their lines first.
      await new Promise((resolve) => setImmediate(resolve))
      log.flush()
    },
  }
}

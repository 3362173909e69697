import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { dirname } from 'node:path'
import type { Duplex } from 'node:stream'
import type { SecureContext } from 'node:tls'
import type { Activity } from './activity.ts'
import type { GatewayChecks } from './checks.ts'
import { connectionTurns } from './connection-turns.ts'
import type { GatewayLine, GatewayTask } from './egress.ts'
import { handleRequest } from './handle-request.ts'
import { http } from './http.ts'
import type { Limits } from './limits.ts'
import { listenUnix, type UnixListener } from './listen-unix.ts'
import { listenerServer, type Manners, turnAway } from './listener-server.ts'
import type { EgressProxy } from './proxy/proxy.ts'
import { taskProxy } from './proxy/task-proxy.ts'
import { loggedPath } from './refusal.ts'
import { type Route, route } from './route.ts'
import type { SandboxDial } from './sandbox-dial.ts'
import { type TaskAuthority, taskAuthority } from './task-authority.ts'
import type { TrustFiles } from './trust-files.ts'
import type { UpstreamAgents } from './upstream-agents.ts'

const SOCKET_MODE = 0o666

export type TaskListenerDeps = {
  readonly checks: GatewayChecks
  readonly agents: UpstreamAgents
  readonly trustFiles: TrustFiles
  readonly limits: Limits
  readonly write: (line: Omit<GatewayLine, 'n' | 'at'>) => void
  readonly track: Pick<Activity, 'connection' | 'request'>
}

export type TaskListener = {
  /** New rules; requests to the model that are under way keep theirs. Resolves when the socket listens. */
  set(task: GatewayTask): Promise<void>
  /** New rules on its network alone. */
  setNetwork(network: GatewayTask['network']): Promise<void>
  /** Writes to its log what is only counted. */
  flush(): void
  /** Takes no more connections; open ones go on. */
  shut(): void
  /** Shuts, and cuts what is open. Resolves when its log is whole. */
  end(): Promise<void>
  /** A connection into the sandbox. Rejects with a SandboxDialError. */
  readonly dial: SandboxDial['dial']
}

/** Keeps the worker's connection for what is to be dialled into the sandbox; turns away every other upgrade. */
const park = (
  manners: Manners,
  dial: SandboxDial,
  { request, socket, head }: { readonly request: IncomingMessage; readonly socket: Socket; readonly head: Buffer },
): void => {
  const refusal = dial.upgrade(request, socket, head)
  if (refusal === null) return
  turnAway(manners, socket, `${refusal.status} ${http.STATUS_CODES[refusal.status]}`, refusal, request)
}

const refuseConnect = (manners: Manners, request: IncomingMessage, socket: Duplex): void => {
  const message = `CONNECT ${loggedPath(request.url ?? '')} is not allowed: only the model can be reached`
  turnAway(manners, socket, '403 Forbidden', { refused: 'connect', status: 403, message }, request)
}

type Proxied = {
  readonly out: EgressProxy
  readonly authority: TaskAuthority
  readonly agents: UpstreamAgents
  readonly dialer: GatewayChecks['dialer']
}

/** Lets the proxy judge by a task's rules, once what they need is there. */
const setProxy = async ({ out, authority, agents, dialer }: Proxied, { company, socket, network }: GatewayTask) => {
  const { caFile, proxies } = company
  let context: SecureContext | undefined
  // The file is read once: it takes longer than a handshake.
  const secureContext = () => {
    context ??= agents.secureContext(caFile)
    return context
  }
  const rules = network?.rules ?? []
  if (network !== null) await authority.prepare(dirname(socket), { rules, caFile })
  out.set({ rules, dial: dialer({ proxies, secureContext }), secureContext })
}

/** True for a request that names its host: one to a proxy, and not to the model. */
const isAbsolute = ({ url = '' }: IncomingMessage): boolean => !url.startsWith('/')

type Served = {
  readonly manners: Manners
  readonly out: EgressProxy
  readonly dial: SandboxDial
  readonly track: TaskListenerDeps['track']
  readonly model: () => Route | null
  readonly hasProxy: () => boolean
}

/** The server of a task's socket: requests to its model, and by the proxy to all else. */
const taskServer = ({ manners, out, dial, track, model, hasProxy }: Served): Server =>
  listenerServer(manners, {
    request: async (request: IncomingMessage, response: ServerResponse) => {
      track.request(1)
      response.once('close', () => track.request(-1))
      const shut = () => manners.turns.shut(request.socket)
      if (hasProxy() && isAbsolute(request)) await out.request(request, response, shut)
      else await handleRequest(request, response, { route: model(), log: manners.log, paces: manners.pace, shut })
    },
    upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (hasProxy() && isAbsolute(request)) return out.upgrade(request, socket, head)
      park(manners, dial, { request, socket: socket as Socket, head })
    },
    connect: (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      hasProxy() ? out.connect(request, socket, head) : refuseConnect(manners, request, socket),
  })

/** The gateway's side of one task: its socket and its rules. */
export const taskListener = (id: string, deps: TaskListenerDeps): TaskListener => {
  const { agents, checks, limits, write, track } = deps
  let rules: Route | null = null
  let held: GatewayTask | null = null
  const hasProxy = () => held?.network != null
  let open: (UnixListener & { readonly path: string }) | null = null
  const log = checks.taskLog((line) => write({ task: id, ...line }))
  const pace = checks.paces()

  const authority = taskAuthority(id, deps.trustFiles)
  const out = taskProxy({ checks, task: id, log, paces: pace, track, proofOf: authority.contextFor })
  const proxied = { out, authority, agents, dialer: checks.dialer }

  const turns = connectionTurns()
  const dial = checks.sandboxDial({ waitMs: limits.dialMs })
  const manners = { turns, log, pace, mostConnections: checks.mostConnections }
  const server = taskServer({ manners, out, dial, track, model: () => rules, hasProxy })
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    track.connection(socket)
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })

  const shut = () => {
    open?.close()
    open = null
    dial.shut()
    rules?.reachability.stop()
    rules?.way.retire()
    log.flush()
  }
  const cut = () => {
    out.close()
    // Also those that node:http gave up: joined ones, tunnels, refusals that nobody read.
    for (const socket of sockets) socket.destroy()
  }
  return {
    set: async (task) => {
      const { model, company, socket } = task
      held = task
      const way = model === null ? null : agents.to(new URL(model.upstream), company)
      rules?.reachability.stop()
      rules?.way.retire()
      rules = model === null || way === null ? null : route(model, { way, limits, write: log.verdict })
      await setProxy(proxied, task)
      if (open?.path === socket && open.there()) return
      if (open !== null) {
        const closed = new Promise((resolve) => server.once('close', resolve))
        open.close()
        cut()
        await closed
        await setProxy(proxied, task)
      }
      open = { ...(await listenUnix(server, socket, SOCKET_MODE)), path: socket }
    },
    setNetwork: async (network) => {
      if (held === null) return
      held = { ...held, network }
      await setProxy(proxied, held)
    },
    flush: log.flush,
    shut,
    dial: dial.dial,
    end: async () => {
      shut()
      cut()
      // The requests that were cut write their lines first.
      await new Promise((resolve) => setImmediate(resolve))
      log.flush()
    },
  }
}

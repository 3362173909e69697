import type { Socket } from 'node:net'
import { dirname } from 'node:path'
import type { SecureContext } from 'node:tls'
import type { Activity } from './activity.ts'
import type { GatewayChecks } from './checks.ts'
import { connectionTurns } from './connection-turns.ts'
import type { GatewayLine, GatewayTask, LoginKeyAnswer } from './egress.ts'
import type { Limits } from './limits.ts'
import { listenUnix, type UnixListener } from './listen-unix.ts'
import { modelKey } from './model-key.ts'
import { modelTunnel } from './model-tunnel.ts'
import type { EgressProxy } from './proxy/proxy.ts'
import { taskProxy } from './proxy/task-proxy.ts'
import { type Route, route } from './route.ts'
import type { SandboxDial } from './sandbox-dial.ts'
import { type TaskAuthority, taskAuthority } from './task-authority.ts'
import type { TaskLog } from './task-log.ts'
import { taskServer } from './task-server.ts'
import type { TrustFiles } from './trust-files.ts'
import type { UpstreamAgents } from './upstream-agents.ts'
import type { WantedKeys } from './wanted-keys.ts'

const SOCKET_MODE = 0o666

export type TaskListenerDeps = {
  readonly checks: GatewayChecks
  readonly agents: UpstreamAgents
  readonly trustFiles: TrustFiles
  readonly limits: Limits
  readonly wants: Pick<WantedKeys, 'add'>
  readonly write: (line: Omit<GatewayLine, 'n' | 'at'>) => void
  readonly track: Pick<Activity, 'connection' | 'request'>
}

export type TaskListener = {
  /** New rules; requests to the model that are under way keep theirs. Resolves when the socket listens. */
  set(task: GatewayTask): Promise<void>
  /** New rules on its network alone. */
  setNetwork(network: GatewayTask['network']): Promise<void>
  /** Another key for its model, or why there is none. */
  setKey(answer: LoginKeyAnswer): void
  /** Writes to its log what is only counted. */
  flush(): void
  /** Takes no more connections; open ones go on. */
  shut(): void
  /** Shuts, and cuts what is open. Resolves when its log is whole. */
  end(): Promise<void>
  /** A connection into the sandbox. Rejects with a SandboxDialError. */
  readonly dial: SandboxDial['dial']
}

type Proxied = {
  readonly out: EgressProxy
  readonly authority: TaskAuthority
  readonly agents: UpstreamAgents
  readonly dialer: GatewayChecks['dialer']
}

/** Lets the proxy judge by a task's rules, once what they need is there. */
const setProxy = async (
  { out, authority, agents, dialer }: Proxied,
  { company, socket, network, model }: GatewayTask,
) => {
  const { caFile, proxies } = company
  let context: SecureContext | undefined
  // The file is read once: it takes longer than a handshake.
  const secureContext = () => {
    context ??= agents.secureContext(caFile)
    return context
  }
  const rules = network?.rules ?? []
  const isIntercepting = model?.intercept !== undefined
  if (network !== null || isIntercepting) await authority.prepare(dirname(socket), { rules, caFile, isIntercepting })
  out.set({ rules, dial: dialer({ proxies, secureContext }), secureContext })
}

type RouteDeps = Pick<TaskListenerDeps, 'agents' | 'limits' | 'wants'> & { readonly log: TaskLog }

/** The task's way to its model, as its rules have it. */
const currentRoute = (task: string, { agents, limits, wants, log }: RouteDeps) => {
  let now: Route | null = null
  const retire = () => {
    now?.reachability.stop()
    now?.way.retire()
  }
  return {
    now: () => now,
    retire,
    set: ({ model, company }: Pick<GatewayTask, 'model' | 'company'>) => {
      const way = model === null ? null : agents.to(new URL(model.upstream), company)
      retire()
      const before = now?.key ?? null
      before?.adopt(model)
      if (model === null || way === null) now = null
      else {
        const key = before ?? modelKey(model, { task, limits, wants })
        now = route(model, { key, way, limits, write: log.verdict })
      }
    },
  }
}

/** The gateway's side of one task: its socket and its rules. */
export const taskListener = (id: string, deps: TaskListenerDeps): TaskListener => {
  const { agents, checks, limits, write, track } = deps
  let held: GatewayTask | null = null
  const hasProxy = () => held?.network != null
  let open: (UnixListener & { readonly path: string }) | null = null
  const log = checks.taskLog((line) => write({ task: id, ...line }))
  const pace = checks.paces()
  const model = currentRoute(id, { ...deps, log })

  const authority = taskAuthority(id, deps.trustFiles)
  const out = taskProxy({ checks, task: id, log, paces: pace, track, proofOf: authority.contextFor })
  const proxied = { out, authority, agents, dialer: checks.dialer }

  const turns = connectionTurns()
  const dial = checks.sandboxDial({ waitMs: limits.dialMs })
  const manners = { turns, log, pace, mostConnections: checks.mostConnections }
  const tunnel = modelTunnel({ checks, manners, track, route: model.now, proofOf: authority.contextFor })
  const server = taskServer({ manners, out, dial, tunnel, track, model: model.now, hasProxy })
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
    model.now()?.key.end()
    model.retire()
    log.flush()
  }
  const cut = () => {
    out.close()
    tunnel.close()
    // Also those that node:http gave up: joined ones, tunnels, refusals that nobody read.
    for (const socket of sockets) socket.destroy()
  }
  return {
    set: async (task) => {
      const { socket } = task
      held = task
      model.set(task)
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
    setKey: (answer) => model.now()?.key.set(answer),
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

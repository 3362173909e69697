import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Activity } from './activity.ts'
import { handleRequest } from './handle-request.ts'
import { http } from './http.ts'
import { listenerServer, type Manners, turnAway } from './listener-server.ts'
import type { ModelTunnel } from './model-tunnel.ts'
import type { EgressProxy } from './proxy/proxy.ts'
import { loggedPath } from './refusal.ts'
import type { Route } from './route.ts'
import type { SandboxDial } from './sandbox-dial.ts'

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

/** True for a request that names its host: one to a proxy, and not to the model. */
const isAbsolute = ({ url = '' }: IncomingMessage): boolean => !url.startsWith('/')

type Served = {
  readonly manners: Manners
  readonly out: EgressProxy
  readonly dial: SandboxDial
  readonly tunnel: ModelTunnel
  readonly track: Pick<Activity, 'request'>
  readonly model: () => Route | null
  readonly hasProxy: () => boolean
}

/** The server of a task's socket: requests to its model, and by the proxy to all else. */
export const taskServer = ({ manners, out, dial, tunnel, track, model, hasProxy }: Served): Server =>
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
    connect: (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (tunnel.leadsToModel(request)) return tunnel.connect(request, socket, head)
      return hasProxy() ? out.connect(request, socket, head) : refuseConnect(manners, request, socket)
    },
  })

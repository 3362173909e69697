import { connectionTurns } from '../connection-turns.ts'
import { listenerServer, turnAway } from '../listener-server.ts'
import type { TaskLog } from '../task-log.ts'
import type { ProxyDeps } from './context.ts'
import { type EgressProxy, proxy } from './proxy.ts'

/** The proxy of a task, with the server for HTTP in tunnels, which listens nowhere. */
export const taskProxy = (deps: ProxyDeps & { readonly log: TaskLog }): EgressProxy => {
  const { log, paces: pace, track, checks } = deps
  const turns = connectionTurns()
  const manners = { turns, log, pace, mostConnections: checks.mostConnections }
  const out: EgressProxy = proxy(deps, () => server)
  const server = listenerServer(manners, {
    request: async (request, response) => {
      track.request(1)
      response.once('close', () => track.request(-1))
      await out.request(request, response, () => turns.shut(request.socket))
    },
    upgrade: out.upgrade,
    connect: (request, socket) => {
      const message = 'CONNECT inside a tunnel is not allowed'
      turnAway(manners, socket, '403 Forbidden', { refused: 'connect', status: 403, message }, request)
    },
  })
  return {
    ...out,
    close: () => {
      out.close()
      server.closeAllConnections()
    },
  }
}

import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { makeApp } from './app.ts'
import type { upgradeServer } from './upgrades.ts'

/** The API on Node's server, which does not listen yet. A CLI of another build is told so, and `end` is called for it. */
export const httpServer = (input: {
  readonly app: ReturnType<typeof makeApp>
  readonly upgrade: ReturnType<typeof upgradeServer>
  readonly build: string
  readonly end: (why: string) => Promise<void>
}): Server => {
  const listener = getRequestListener(input.app.fetch)
  const server = createServer((request, response) => {
    const build = request.headers['x-berth-build']
    if (build === undefined || build === '*' || build === input.build) return void listener(request, response)
    response.writeHead(426).end()
    void input.end(`a CLI of build ${build} takes over`)
  })
  server.on('upgrade', input.upgrade)
  server.requestTimeout = 0
  server.keepAliveTimeout = 60_000
  return server
}

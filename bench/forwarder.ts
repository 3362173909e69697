// The worker's way from a port to the gateway's socket, in a process of its own as in a container.
import type { AddressInfo } from 'node:net'
import { keptForward } from '../src/worker/forward.ts'

const HOLD_MS = 10_000

process.once('message', async (sockets: readonly string[]) => {
  const servers = await Promise.all(sockets.map((socket) => keptForward()({ port: 0, socket, holdMs: HOLD_MS })))
  process.send?.(servers.map((server) => (server.address() as AddressInfo).port))
})
process.once('disconnect', () => process.exit(0))

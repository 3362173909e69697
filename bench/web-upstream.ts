// A server for the benchmarks of the proxy, in a process of its own: HTTP, and TLS on two ports. Tells its parent the ports.
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

const BODY = Buffer.alloc(1024, 'x')
const KEEP_ALIVE_MS = 60_000

const answer: RequestListener = (request, response) => {
  request.resume()
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': BODY.length }).end(BODY)
}

const listen = async (server: Server): Promise<number> => {
  server.keepAliveTimeout = KEEP_ALIVE_MS
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

process.once('message', async ({ cert, key }: { cert: string; key: string }) => {
  const withTls = () => createTlsServer({ cert, key }, answer)
  const [plain = 0, tunnel = 0, inspect = 0] = await Promise.all(
    [createServer(answer), withTls(), withTls()].map(listen),
  )
  process.send?.({ plain, tunnel, inspect })
})
process.once('disconnect', () => process.exit(0))

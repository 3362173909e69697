import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { http } from './http.ts'
import { closeUnasked } from './upstream-agents.ts'

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** A server that answers each request, and the connections that it has had. */
const upstream = async () => {
  const connections: Socket[] = []
  const server = createServer((socket) => {
    connections.push(socket)
    socket.on('error', () => {}).on('data', () => socket.write(ANSWER))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    [Symbol.dispose]: () => {
      for (const socket of connections) socket.destroy()
      server.close()
    },
  }
}

/** Resolves when the answer is out and its connection is free again. */
const ask = async (agent: InstanceType<typeof http.Agent>, port: number): Promise<void> => {
  const sent = http.request({ agent, host: '127.0.0.1', port }).end()
  const [answer] = (await once(sent, 'response')) as [NodeJS.ReadableStream]
  await once(answer.resume(), 'end')
  await new Promise((resolve) => setImmediate(resolve))
}

test('a connection on which the upstream speaks unasked is closed at once, and serves no further request', async () => {
  using server = await upstream()
  // Without a limit for idle connections nothing else closes it.
  const agent = closeUnasked(new http.Agent({ keepAlive: true }))
  await ask(agent, server.port)
  await ask(agent, server.port)
  const [first] = server.connections
  expect(server.connections.length).toBe(1)
  const closed = once(first as Socket, 'close')
  first?.write(ANSWER)
  await closed
  await ask(agent, server.port)
  expect(server.connections.length).toBe(2)
  agent.destroy()
})

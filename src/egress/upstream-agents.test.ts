import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
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

type Agent = InstanceType<typeof http.Agent>

const nothing = (): void => {}
const OF_SOCKETS = { setKeepAlive: nothing, setTimeout: nothing, ref: nothing, unref: nothing }

/** A connection that is no socket: those Node's own agent guards by itself. */
const connection = (port: number): Duplex => {
  const socket = connect(port, '127.0.0.1')
  const made = new Duplex({
    read: nothing,
    write: (chunk, encoding, done) => void socket.write(chunk, encoding, done),
    destroy: (error, done) => {
      socket.destroy()
      done(error)
    },
  })
  socket.on('data', (chunk) => made.push(chunk)).on('close', () => made.destroy())
  return Object.assign(made, OF_SOCKETS)
}

/** An agent without a limit for idle connections. */
const agentOf = (port: number): Agent => {
  const createConnection: Agent['createConnection'] = () => connection(port)
  return closeUnasked(Object.assign(new http.Agent({ keepAlive: true }), { createConnection }))
}

/** Resolves when the answer is out and its connection is free again. */
const ask = async (agent: Agent): Promise<void> => {
  const sent = http.request({ agent, host: 'model' }).end()
  const [answer] = (await once(sent, 'response')) as [NodeJS.ReadableStream]
  await once(answer.resume(), 'end')
  await new Promise((resolve) => setImmediate(resolve))
}

test('a connection on which the upstream speaks unasked is closed at once, and serves no further request', async () => {
  using server = await upstream()
  const agent = agentOf(server.port)
  await ask(agent)
  await ask(agent)
  const [first] = server.connections
  expect(server.connections.length).toBe(1)
  const closed = once(first as Socket, 'close')
  first?.write(ANSWER)
  await closed
  await ask(agent)
  expect(server.connections.length).toBe(2)
  const ended = once(server.connections[1] as Socket, 'close')
  agent.destroy()
  await ended
})

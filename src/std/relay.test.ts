import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { relay } from './relay.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const listen = async (take: (socket: Socket) => void): Promise<number> => {
  const server = createServer({ allowHalfOpen: true }, take)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
/** A client of a relay to this server, and the relay's end. */
const through = async (take: (socket: Socket) => void) => {
  const to = await listen(take)
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const port = await listen((client) => {
    const upstream = connect({ port: to, host: '127.0.0.1', allowHalfOpen: true })
    resolve(relay(client, upstream))
  })
  return { client: connect({ port, host: '127.0.0.1', allowHalfOpen: true }), over }
}
const SIZE = 8 * 1024 * 1024

test('a server that answers much and goes, to a client that has ended its half and reads slowly', async () => {
  const { client, over } = await through((socket) => {
    socket.resume().once('end', () => socket.end(Buffer.alloc(SIZE, 7)))
  })
  client.end('ask')
  let size = 0
  for await (const piece of client) {
    size += (piece as Buffer).length
    await sleep(1)
  }
  expect(size).toBe(SIZE)
  await over
})

test('a client that sends much and ends: the server has all of it, and may answer after', async () => {
  let got = 0
  const { client, over } = await through((socket) => {
    socket.on('data', (piece) => {
      got += piece.length
    })
    socket.once('end', () => setTimeout(() => socket.end(`got ${got}`), 50))
  })
  client.end(Buffer.alloc(SIZE, 7))
  let text = ''
  for await (const piece of client.setEncoding('utf8')) text += piece as string
  expect(text).toBe(`got ${SIZE}`)
  await over
})

test('a side that is reset takes the other along', async () => {
  const { client, over } = await through((socket) => {
    socket.once('data', () => socket.resetAndDestroy())
  })
  client.on('error', () => {}).on('end', () => client.end())
  client.resume().write('x')
  await once(client, 'close')
  await over
})

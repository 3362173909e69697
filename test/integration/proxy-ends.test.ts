import { readdirSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { expect, test } from 'vitest'
import type { NetworkRule } from '../../src/domain/network/rule.ts'
import type { Egress } from '../../src/egress/egress.ts'
import { WAIT_MS } from '../fixtures/wait-ms.ts'
import { cleanups, client, taskOf, until, useGateways } from './gateway-harness.ts'

useGateways()

const waitFor = (isSo: () => boolean | Promise<boolean>) =>
  expect.poll(isSo, { timeout: WAIT_MS, interval: 50 }).toBe(true)

const rule = (port: number, more: Partial<NetworkRule> = {}): NetworkRule => ({
  effect: 'allow',
  host: 'localhost',
  port,
  tls: 'tunnel',
  target: `localhost:${port}`,
  origin: 'flag',
  private: true,
  ...more,
})

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => server.close())
  return (server.address() as AddressInfo).port
}

/** A server that does the same with each connection, once it was asked something. */
const upstream = (asked: (socket: Socket) => void) =>
  listen(
    createServer((socket) => {
      cleanups.push(() => socket.destroy())
      socket.on('error', () => {}).once('data', () => asked(socket))
    }),
  )

const bench = async (rules: readonly NetworkRule[]) => {
  const port = client()
  const task = { ...taskOf('http://127.0.0.1:1/v1'), network: { rules } }
  await port.open(task)
  return { port, task }
}

/** Keeps its own half open, as a hostile client does. */
const dial = (path: string, ...words: readonly string[]) => {
  const socket = connect({ path, allowHalfOpen: true })
  cleanups.push(() => socket.destroy())
  let text = ''
  socket
    .on('error', () => {})
    .on('data', (piece) => {
      text += piece
    })
  for (const word of words) socket.write(word)
  const closed = new Promise<string>((resolve) => {
    socket.once('end', () => resolve(text))
    socket.once('close', () => resolve(text))
  })
  return { socket, closed, said: (word: string) => waitFor(() => text.includes(word)) }
}

const connectTo = (at: number) => `CONNECT localhost:${at} HTTP/1.1\r\nHost: localhost:${at}\r\n\r\n`
const upgradeTo = (at: number, path = '/') =>
  `GET http://localhost:${at}${path} HTTP/1.1\r\nHost: localhost:${at}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`

const descriptors = async (port: Egress): Promise<number> => {
  const status = await port.status()
  return readdirSync(`/proc/${status?.pid}/fd`).length
}

test('a refused tunnel of which more bytes came is not held open', async () => {
  const { port, task } = await bench([rule(1)])
  const before = await descriptors(port)
  const clients = Array.from({ length: 5 }, () => dial(task.socket, connectTo(2), 'more'))
  for (const { closed } of clients) expect(await closed).toMatch(/^HTTP\/1.1 403 /)
  await waitFor(async () => (await descriptors(port)) <= before)
})

test('TLS for another host than that of the tunnel is not held open', async () => {
  const at = await upstream(() => {})
  const { port, task } = await bench([rule(at)])
  const before = await descriptors(port)
  const { socket, said } = dial(task.socket, connectTo(at))
  await said('established')
  connectTls({ socket, servername: 'other.example' }).on('error', () => {})
  const lines = await until(port, 't-1', ({ kind }) => kind === 'net')
  expect(lines.at(-1)).toMatchObject({ verdict: 'denied' })
  await waitFor(async () => (await descriptors(port)) <= before)
})

/** The first bytes of a TLS client. */
const clientHello = async (): Promise<Buffer> => {
  const hello = Promise.withResolvers<Buffer>()
  const at = await listen(
    createServer((socket) => {
      socket
        .on('error', () => {})
        .once('data', (piece) => {
          hello.resolve(piece)
          socket.destroy()
        })
    }),
  )
  connectTls({ port: at, host: '127.0.0.1', servername: 'localhost' }).on('error', () => {})
  return await hello.promise
}

test('a client that goes away within the handshake is given up, and was not denied anything', async () => {
  const at = await upstream(() => {})
  const { port, task } = await bench([rule(at, { tls: 'inspect' })])
  const { socket, said } = dial(task.socket, connectTo(at))
  await said('established')
  const answered = new Promise((resolve) => socket.once('data', resolve))
  socket.write(await clientHello())
  await answered
  socket.destroy()
  const lines = await until(port, 't-1', ({ kind }) => kind === 'net')
  expect(lines.at(-1)).toMatchObject({ verdict: 'allowed', message: 'the client went away' })
})

test('a WebSocket that waits for its answer ends with its rule, and with its task', async () => {
  let asked = 0
  const at = await upstream(() => {
    asked += 1
  })
  const { port, task } = await bench([rule(at)])
  const first = dial(task.socket, upgradeTo(at))
  await waitFor(() => asked === 1)
  await port.setNetwork(task.task, { rules: [] })
  await first.closed
  await port.setNetwork(task.task, { rules: [rule(at)] })
  const second = dial(task.socket, upgradeTo(at), 'early')
  await waitFor(() => asked === 2)
  await port.close(task.task)
  await second.closed
})

test('a WebSocket whose client goes away before the answer is given up', async () => {
  const seen: string[] = []
  const at = await upstream((socket) => {
    seen.push('asked')
    socket.once('close', () => seen.push('closed'))
  })
  const { task } = await bench([rule(at)])
  const { socket } = dial(task.socket, upgradeTo(at))
  await waitFor(() => seen.length === 1)
  socket.destroy()
  await waitFor(() => seen.length === 2)
})

test('an answer in the place of a WebSocket ends as it ended upstream, and with its rule', async () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf'
  const broken = await upstream((socket) => socket.end(head))
  const endless = await upstream((socket) => socket.write(head))
  const { port, task } = await bench([rule(broken), rule(endless)])
  expect(await dial(task.socket, upgradeTo(broken)).closed).toMatch(/half$/)
  const lines = await until(port, 't-1', ({ kind }) => kind === 'net')
  expect(lines.at(-1)).toMatchObject({
    status: 200,
    bytesIn: 4,
    message: expect.stringMatching(/middle of its answer/),
  })
  const open = dial(task.socket, upgradeTo(endless))
  await open.said('half')
  await port.setNetwork(task.task, { rules: [rule(broken)] })
  await open.closed
})

test('nothing that a client left open outlives its task', async () => {
  const { port, task } = await bench([rule(1)])
  const before = await descriptors(port)
  for (let i = 0; i < 5; i += 1)
    dial(task.socket, 'GET /other HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n', 'more')
  await waitFor(async () => (await descriptors(port)) >= before + 5)
  await port.close(task.task)
  await waitFor(async () => (await descriptors(port)) < before)
})

import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { cleanups, client, model, send, taskOf, useGateways } from './gateway-harness.ts'

useGateways()

const CLIENTS = 1000
/** A gateway of many idle tasks has a fifth of it. */
const MOST_MEMORY_MIB = 400

const memoryMib = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

/** A server that takes connections and never says a word. */
const silentServer = async (): Promise<number> => {
  const open = new Set<Socket>()
  const server = createServer((socket) => void open.add(socket.on('error', () => {}).resume()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    server.close()
    for (const socket of open) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}

/** The beginning of a hello of 16,000 bytes in records of one byte. */
const slowHello = Buffer.concat(
  [1, 0, 62, 128, ...new Uint8Array(8000)].map((byte) => Buffer.from([22, 3, 1, 0, 1, byte])),
)

test.each([
  ['say nothing', () => {}],
  [
    'say a hello byte by byte',
    (socket: Socket) => slowHello.subarray(0, 60).forEach((byte) => void socket.write(Buffer.from([byte]))),
  ],
  ['begin a long hello', (socket: Socket) => void socket.write(slowHello)],
  [
    'begin a long head',
    (socket: Socket) => void socket.write(`GET / HTTP/1.1\r\n${'X-A: bbbbbbbbbbbbbbbb\r\n'.repeat(4000)}`),
  ],
])(
  `${CLIENTS} tunnels whose clients %s: the other task has its model, the gateway a bounded memory`,
  async (_, speak) => {
    const upstream = await model()
    const silent = await silentServer()
    const port = client()
    const target = `127.0.0.1:${silent}`
    const rule = { effect: 'allow', host: '127.0.0.1', port: silent, tls: 'tunnel', private: true } as const
    const rules = [{ ...rule, target, origin: 'flag' as const }]
    const bad = { ...taskOf(`${upstream.url}/v1`, 't-bad'), network: { rules } }
    const good = taskOf(`${upstream.url}/v1`, 't-good')
    await Promise.all([port.open(bad), port.open(good)])
    let taken = 0
    let closed = 0
    for (let i = 0; i < CLIENTS; i += 1) {
      const socket = connect(bad.socket, () => socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`))
      socket
        .on('error', () => {})
        .once('data', () => {
          taken += 1
          socket.once('close', () => {
            closed += 1
          })
          speak(socket)
        })
      cleanups.push(() => socket.destroy())
    }
    await expect.poll(() => taken).toBeGreaterThan(300)
    for (let i = 0; i < 30; i += 1) expect((await send({ socket: good.socket })).status).toBe(200)
    const status = await port.status()
    expect(memoryMib(status?.pid ?? 0)).toBeLessThan(MOST_MEMORY_MIB)
    // One that the gateway has closed makes room for another.
    await expect.poll(() => taken - closed).toBeLessThanOrEqual(512)
  },
)

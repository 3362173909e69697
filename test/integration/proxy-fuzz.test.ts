import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { expect, test } from 'vitest'
import { answerTo, checkUpstream, type Opening, type Played, play } from '../fixtures/http-fuzz/conversation.ts'
import { random } from '../fixtures/http-fuzz/random.ts'
import { rawClient } from '../fixtures/http-fuzz/raw-client.ts'
import { strictUpstream } from '../fixtures/http-fuzz/strict-upstream.ts'
import { certificate, cleanups, client, PLACEHOLDER, taskOf, useGateways } from './gateway-harness.ts'

useGateways()

/** More of them by the environment: BERTH_FUZZ_SEEDS=5000, BERTH_FUZZ_FIRST=1000. */
const SEEDS = Number(process.env['BERTH_FUZZ_SEEDS'] ?? 60)
const FIRST = Number(process.env['BERTH_FUZZ_FIRST'] ?? 1)
/** A task gets so few that the gateway does not slow it down. */
const SEEDS_A_TASK = 40
const SIDE_BY_SIDE = 4
const HEAD_END = '\r\n\r\n'

type Route = 'absolute form' | 'a plain tunnel' | 'TLS that is read'

/** A connection through CONNECT to this place. */
const tunnel = async (socket: Socket, place: string): Promise<Socket> => {
  socket.write(`CONNECT ${place} HTTP/1.1\r\nHost: ${place}${HEAD_END}`)
  const [head] = (await once(socket, 'data')) as [Buffer]
  expect(head.toString()).toBe(`HTTP/1.1 200 Connection established${HEAD_END}`)
  socket.pause()
  return socket
}

const opened = async (route: Route, path: string, place: string): Promise<Socket> => {
  const socket = connect(path)
  if (route === 'absolute form') return socket
  await tunnel(socket, place)
  if (route === 'a plain tunnel') return socket.resume()
  const secure = connectTls({ socket, host: '127.0.0.1', rejectUnauthorized: false })
  await once(secure, 'secureConnect')
  return secure
}

test.each<[Route]>([['absolute form'], ['a plain tunnel'], ['TLS that is read']])(
  `what the proxy takes is what an upstream sees, in ${SEEDS} connections by %s`,
  { timeout: 60_000 + SEEDS * 1000 },
  async (route) => {
    const dice = random(11)
    const own = route === 'TLS that is read' ? certificate('upstream') : undefined
    const upstream = await strictUpstream(
      ({ message, connection }) => answerTo(message, connection, dice),
      () => {},
      own,
    )
    cleanups.push(upstream.close)
    const { host: place, port } = new URL(upstream.url)
    const foreign = [
      `Host: elsewhere.test:${port}`,
      'Host: 127.0.0.1',
      'Host: 127.0.0.1:1',
      `Host: elsewhere.test, ${place}`,
      `Host: ${place}@elsewhere.test`,
      `Host: ${place}/`,
      'Host:',
    ]
    const before = route === 'absolute form' ? `http://${place}` : ''
    const gateway = client({}, own === undefined ? {} : { SSL_CERT_FILE: own.file })
    const tasks = new Map<number, Promise<string>>()
    const taskFor = (seed: number) => {
      const n = Math.floor(seed / SEEDS_A_TASK)
      const rule = { effect: 'allow', host: '127.0.0.1', port: Number(port), origin: 'flag', target: place } as const
      const rules = [{ ...rule, tls: 'inspect' as const, private: true as const, paths: ['/v1/*'] }]
      const task = { ...taskOf('http://127.0.0.1:9', `t-${n}`), network: { rules } }
      const path = tasks.get(n) ?? gateway.open(task).then(() => task.socket)
      tasks.set(n, path)
      return path
    }
    const played: Played[] = []
    const seeds = Array.from({ length: SEEDS }, (_, i) => FIRST + i)
    const lane = async () => {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
        const path = await taskFor(seed)
        const open = async (of: Opening) => rawClient(await opened(route, path, place), of.dice, of.answersHead)
        played.push(await play(seed, { host: place, before, auth: PLACEHOLDER, foreign }, open))
      }
    }
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane))
    const all = checkUpstream(played, upstream.connections, place)
    expect(all.filter(({ legal }) => legal).length).toBeGreaterThan(SEEDS)
    expect(all.filter(({ legal }) => !legal).length).toBeGreaterThan(SEEDS / 4)
    expect(upstream.connections.some(({ messages }) => messages.length > 3)).toBe(true)
  },
)

// What the gateway adds to a streamed answer: the time to its first byte, and events that come late where many stream.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestOptions, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { egress } from '../src/egress/client.ts'
import { median, record } from './ratio.ts'

const ROUNDS = Number(process.env['ROUNDS'] ?? 20) * 10
const STREAMS = 100
const PER_SECOND = 100
const SECONDS = 5
/** An event that takes longer from end to end is late. */
const LATE_MS = 50
const PLACEHOLDER = 'berth-bench'

/** `/v1/first` answers one event, `/v1/stream` so many a second; each event is the time at which it was written. */
const startUpstream = async () => {
  const server = createServer(async (asked, response) => {
    asked.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`data: ${performance.now()}\n\n`)
    const until = performance.now() + (asked.url === '/v1/stream' ? SECONDS * 1000 : 0)
    while (performance.now() < until) {
      await sleep(1000 / PER_SECOND)
      response.write(`data: ${performance.now()}\n\n`)
    }
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port }
}

const ask = (options: RequestOptions): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${PLACEHOLDER}`, 'content-type': 'application/json' }
    request({ method: 'POST', headers, ...options }, resolve)
      .once('error', reject)
      .end('{"stream":true}')
  })

/** Milliseconds to the answer's first byte. */
const firstByte = async (options: RequestOptions): Promise<number> => {
  const from = performance.now()
  const answer = await ask({ ...options, path: '/v1/first' })
  let ms = 0
  for await (const _ of answer) if (ms === 0) ms = performance.now() - from
  return ms
}

/** How long each event of many streams at once was under way, ms. */
const delays = async (options: RequestOptions): Promise<readonly number[]> => {
  const all: number[] = []
  const one = async () => {
    const answer = await ask({ ...options, path: '/v1/stream' })
    for await (const piece of answer.setEncoding('utf8')) {
      const now = performance.now()
      for (const [, written] of String(piece).matchAll(/data: ([\d.]+)/g)) all.push(now - Number(written))
    }
  }
  await Promise.all(Array.from({ length: STREAMS }, one))
  return all.sort((a, b) => a - b)
}

const folder = mkdtempSync(join(tmpdir(), 'berth-bench-gateway-'))
const upstream = await startUpstream()
mkdirSync(join(folder, 'state'))
const port = egress({
  runtimeDir: join(folder, 'run'),
  stateDir: join(folder, 'state'),
  gatewayEntry: join(import.meta.dirname, '../dist/gateway.js'),
  node: process.execPath,
})
try {
  const socket = join(folder, 'task', 'gateway.sock')
  mkdirSync(join(folder, 'task'))
  const model = { upstream: `http://127.0.0.1:${upstream.port}/v1`, header: 'authorization-bearer' as const }
  await port.open({ task: 't-1', socket, model: { ...model, placeholder: PLACEHOLDER, key: 'sk-bench', caFile: null } })
  const ways = { direct: { host: '127.0.0.1', port: upstream.port }, gateway: { socketPath: socket } }
  const times: { direct: number[]; gateway: number[] } = { direct: [], gateway: [] }
  for (let round = -10; round < ROUNDS; round += 1)
    for (const way of ['direct', 'gateway'] as const) {
      const ms = await firstByte(ways[way])
      if (round >= 0) times[way].push(ms)
    }
  const [direct, through] = [median(times.direct), median(times.gateway)]
  process.stdout.write(`first byte: direct ${direct.toFixed(2)} ms, through the gateway ${through.toFixed(2)} ms\n`)
  record('gateway-first-byte-ms', through - direct, 2)
  for (const way of ['direct', 'gateway'] as const) {
    const all = await delays(ways[way])
    const late = all.filter((ms) => ms > LATE_MS).length
    const p99 = all[Math.floor(all.length * 0.99)] ?? 0
    process.stdout.write(
      `${STREAMS} streams, ${way}: ${all.length} events, median ${median(all).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, over ${LATE_MS} ms: ${late}\n`,
    )
    record(`gateway-late-${way}`, late, way === 'gateway' ? 0 : null)
  }
} finally {
  await port.close('t-1')
  await port.retire()
  await port[Symbol.asyncDispose]()
  upstream.server.close()
  upstream.server.closeAllConnections()
  rmSync(folder, { recursive: true, force: true })
}

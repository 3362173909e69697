// What the gateway adds to a streamed answer: the time to its first byte, events that come late where many stream, and
// what it costs to read the tokens out of it.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestOptions, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NO_COMPANY } from '../src/domain/company-network.ts'
import { egress } from '../src/egress/client.ts'
import { usageMeter } from '../src/egress/usage-meter.ts'
import { median, record } from './ratio.ts'

const ROUNDS = Number(process.env['ROUNDS'] ?? 20) * 10
const STREAMS = 100
const PER_SECOND = 100
const SECONDS = 5
/** An event that takes longer from end to end is late. */
const LATE_MS = 50
const PLACEHOLDER = 'berth-bench'

const SSE = { 'content-type': 'text/event-stream' }

/** A piece of an answer as a model streams it, with the time at which it was written. */
const piece = (at: number) =>
  `event: response.output_text.delta\ndata: ${JSON.stringify({ type: 'response.output_text.delta', item_id: 'msg_0123456789abcdef', output_index: 0, content_index: 0, delta: ' a few words', at })}\n\n`
const USAGE = { input_tokens: 120, input_tokens_details: { cached_tokens: 40 }, output_tokens: 30, total_tokens: 150 }
const last = `event: response.completed\ndata: ${JSON.stringify({ type: 'response.completed', response: { usage: USAGE } })}\n\n`

/** `/v1/first` answers one event, `/v1/stream` so many a second, each at its time. */
const startUpstream = async () => {
  const server = createServer(async (asked, response) => {
    asked.resume()
    response.writeHead(200, SSE)
    const from = performance.now()
    response.write(piece(from))
    const events = asked.url === '/v1/stream' ? SECONDS * PER_SECOND : 1
    for (let n = 1; n < events; n += 1) {
      await sleep(Math.max(0, from + (n * 1000) / PER_SECOND - performance.now()))
      response.write(piece(performance.now()))
    }
    response.end(last)
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
    let rest = ''
    for await (const some of answer.setEncoding('utf8')) {
      const now = performance.now()
      const lines = (rest + String(some)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const written = /"at":([\d.]+)/.exec(line)?.[1]
        if (written !== undefined) all.push(now - Number(written))
      }
    }
  }
  await Promise.all(Array.from({ length: STREAMS }, one))
  return all.sort((a, b) => a - b)
}

/** Microseconds that it takes to look for the tokens in an event of a stream. */
const scannerCost = (): number => {
  const meter = usageMeter(SSE)
  const event = Buffer.from(piece(performance.now()))
  const many = 20_000
  const look = () => {
    for (let n = 0; n < many; n += 1) meter?.write(event)
  }
  look()
  const from = performance.now()
  look()
  const us = ((performance.now() - from) * 1000) / many
  meter?.write(Buffer.from(last))
  if (meter?.read()?.inputTokens !== USAGE.input_tokens) throw new Error('the tokens were not found')
  return us
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
  await port.open({
    task: 't-1',
    socket,
    model: { ...model, placeholder: PLACEHOLDER, key: 'sk-bench' },
    company: NO_COMPANY,
    network: null,
  })
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
  record('gateway-scanner-us-an-event', scannerCost(), null)
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

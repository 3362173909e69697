import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { type Agent, createServer, type IncomingMessage, request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { egress } from '../../src/egress/client.ts'
import type { Egress, GatewayLine, GatewayTask } from '../../src/egress/egress.ts'
import type { Limits } from '../../src/egress/limits.ts'
import { startModelServer } from '../fixtures/model-server/start-model-server.ts'

const KEY = 'sk-real-0123456789abcdef'
const PLACEHOLDER = 'berth-placeholder-1'
const entry = join(import.meta.dirname, '../../src/egress/main.ts')

let root = ''
const cleanups: (() => unknown)[] = []
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gw-'))
  mkdirSync(join(root, 'state'))
})
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
  rmSync(root, { recursive: true, force: true })
})

const logText = () => {
  const folder = join(root, 'state/gateway')
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('')
}

const client = (limits: Partial<Limits> = {}): Egress => {
  const made = egress({
    runtimeDir: join(root, 'run'),
    stateDir: join(root, 'state'),
    gatewayEntry: entry,
    node: process.execPath,
    limits,
  })
  cleanups.push(async () => {
    const status = await made.status()
    await made[Symbol.asyncDispose]()
    if (status === null) return
    try {
      process.kill(status.pid, 'SIGKILL')
    } catch {}
  })
  return made
}

const taskOf = (upstream: string, id = 't-1', model: Partial<NonNullable<GatewayTask['model']>> = {}): GatewayTask => ({
  task: id,
  socket: join(root, id, 'gateway.sock'),
  model: { upstream, header: 'authorization-bearer', placeholder: PLACEHOLDER, key: KEY, caFile: null, ...model },
})

type Sent = {
  readonly socket: string
  readonly path?: string
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly agent?: Agent
}
const open = ({
  socket,
  path = '/v1/responses',
  method = 'POST',
  headers,
  body,
  agent,
}: Sent): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const sent = request(
      {
        socketPath: socket,
        path,
        method,
        headers: headers ?? { authorization: `Bearer ${PLACEHOLDER}` },
        ...(agent ? { agent } : {}),
      },
      resolve,
    )
    sent.once('error', reject)
    sent.end(body ?? JSON.stringify({ model: 'm', stream: true, input: [], tools: [{ name: 'shell' }] }))
  })
const send = async (sent: Sent) => {
  const response = await open(sent)
  let text = ''
  for await (const piece of response.setEncoding('utf8')) text += piece
  return { status: response.statusCode, text, headers: response.headers }
}

/** A server written by hand, for what the scripted model does not do. */
const serve = async (
  handler: (request: IncomingMessage, response: import('node:http').ServerResponse) => void,
): Promise<{ url: string; server: Server }> => {
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  )
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}
const model = async (options: Parameters<typeof startModelServer>[0] = {}) => {
  const server = await startModelServer(options)
  cleanups.push(() => server.close())
  return server
}

/** The lines of a task until one holds. */
const until = async (
  port: Egress,
  task: string,
  holds: (line: GatewayLine) => boolean,
  after: { gateway: string; line: number } | null = null,
) => {
  const lines: (GatewayLine & { readonly gateway: string })[] = []
  for await (const line of port.lines(task, after, AbortSignal.timeout(20_000))) {
    lines.push(line)
    if (holds(line)) return lines
  }
  throw new Error(`not among ${JSON.stringify(lines)}`)
}
const verdict = async (port: Egress, task = 't-1') =>
  (await until(port, task, ({ kind }) => kind === 'verdict')).at(-1)!

describe('the way to the model', () => {
  test('swaps the placeholder for the key, which is nowhere else', async () => {
    const upstream = await model({ scenario: { key: KEY, steps: [{ text: 'hello' }] } })
    const port = client()
    const task = taskOf(`${upstream.url}/v1`)
    await port.open(task)
    const { status, text } = await send({
      socket: task.socket,
      headers: { authorization: `Bearer ${PLACEHOLDER}`, connection: 'x-hop', 'x-hop': '1', 'x-kept': '2' },
    })
    expect(status).toBe(200)
    expect(text).toContain('hello')
    const { headers, path } = upstream.requests[0]!
    expect(path).toBe('/v1/responses')
    expect(headers.authorization).toBe(`Bearer ${KEY}`)
    expect(headers.host).toBe(upstream.url.slice('http://'.length))
    expect(headers['x-kept']).toBe('2')
    expect(headers['x-hop']).toBeUndefined()
    expect(statSync(task.socket).mode & 0o777).toBe(0o666)
    expect(statSync(join(root, 'run/gateway.sock')).mode & 0o777).toBe(0o600)
    const { pid } = (await port.status())!
    expect(
      readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8') + logText(),
    ).not.toContain(KEY)
  })

  test('refuses what does not carry the placeholder, and what is no request for the model', async () => {
    const upstream = await model()
    const port = client()
    const task = taskOf(`${upstream.url}/v1`)
    await port.open(task)
    const refused = async (sent: Omit<Sent, 'socket'>) => {
      const { status, text } = await send({ socket: task.socket, ...sent })
      expect(status).toBe(403)
      return text
    }
    expect(await refused({ headers: { authorization: 'Bearer sk-own' } })).toContain('placeholder')
    expect(await refused({ headers: {} })).toContain('placeholder')
    expect(await refused({ path: '/other' })).toContain('not below /v1')
    expect(await refused({ path: '/v1/../admin' })).toContain('not below /v1')
    expect(await refused({ path: '/v1/%2e%2e/admin' })).toContain('not below /v1')
    expect(await refused({ path: 'http://elsewhere/v1/responses' })).toContain('proxy requests')
    const raw = (text: string) =>
      new Promise<string>((resolve) => {
        let got = ''
        connect(task.socket, function (this: import('node:net').Socket) {
          this.write(text)
        })
          .on('data', (piece) => {
            got += piece
          })
          .on('close', () => resolve(got))
      })
    expect(await raw('CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n')).toMatch(
      /^HTTP\/1.1 403 [\s\S]*CONNECT example.com:443 is not allowed/,
    )
    expect(
      await raw('GET /v1/responses HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
    ).toMatch(/^HTTP\/1.1 426 /)
    expect(upstream.requests).toEqual([])
  })

  test('an upstream without a path, and one without a key', async () => {
    const upstream = await model()
    const port = client()
    const bare = taskOf(upstream.url, 't-bare', { key: null })
    await port.open(bare)
    expect((await send({ socket: bare.socket, path: '/responses' })).status).toBe(200)
    expect((await send({ socket: bare.socket, path: '/v1/responses?x=1' })).status).toBe(200)
    expect(upstream.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/responses', undefined],
      ['/v1/responses?x=1', undefined],
    ])
  })

  test('streams: each piece arrives before the next is sent', async () => {
    let next = () => {}
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      let n = 0
      next = () => {
        n += 1
        response.write(`data: ${n}\n\n`)
        if (n === 5) response.end()
      }
    })
    const port = client()
    const task = taskOf(url)
    await port.open(task)
    const response = await open({ socket: task.socket, path: '/x' })
    const seen: string[] = []
    next()
    for await (const piece of response.setEncoding('utf8')) {
      seen.push(piece)
      next()
    }
    expect(seen).toEqual([1, 2, 3, 4, 5].map((n) => `data: ${n}\n\n`))
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { type Agent, createServer, type IncomingMessage, request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach } from 'vitest'
import { type CompanyNetwork, NO_COMPANY } from '../../src/domain/company-network.ts'
import { egress } from '../../src/egress/client.ts'
import type { Egress, GatewayLine, GatewayTask } from '../../src/egress/egress.ts'
import type { Limits } from '../../src/egress/limits.ts'
import { terminalPlace } from '../../src/worker/agent-terminal.ts'
import { answerCallers } from '../../src/worker/answer-callers.ts'
import { frameWriter } from '../../src/worker/frame-writer.ts'
import { programs } from '../../src/worker/programs.ts'
import { certificate as certificateIn } from '../fixtures/certificate.ts'
import { startModelServer } from '../fixtures/model-server/start-model-server.ts'

/** The worker's side of connections, in a sandbox without a terminal. */
export const answerPorts = (socket: string) =>
  answerCallers(socket, {
    place: terminalPlace(),
    programs: programs(),
    frames: frameWriter({ open: () => new PassThrough().resume(), early: () => true, first: 1 }),
    order: () => {
      throw new Error('no turn runs')
    },
  })

export const KEY = 'sk-real-0123456789abcdef'
export const PLACEHOLDER = 'berth-placeholder-1'
export const entry = join(import.meta.dirname, '../../src/egress/main.ts')

export let root = ''
export const cleanups: (() => unknown)[] = []
/** Fresh folders before each test; whatever a test began is ended after it. */
export const useGateways = (): void => {
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'gw-'))
    mkdirSync(join(root, 'state'))
  })
  afterEach(async () => {
    for (const clean of cleanups.splice(0).reverse()) await clean()
    rmSync(root, { recursive: true, force: true })
  })
}

export const logText = () => {
  const folder = join(root, 'state/gateway')
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('')
}

export const client = (limits: Partial<Limits> = {}, env: Readonly<Record<string, string>> = {}): Egress => {
  const made = egress({
    runtimeDir: join(root, 'run'),
    stateDir: join(root, 'state'),
    gatewayEntry: entry,
    node: process.execPath,
    limits,
    env,
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

export const taskOf = (
  upstream: string,
  id = 't-1',
  model: Partial<NonNullable<GatewayTask['model']>> = {},
  company: Partial<CompanyNetwork> = {},
): GatewayTask => ({
  task: id,
  socket: join(root, id, 'gateway.sock'),
  model: { upstream, header: 'authorization-bearer', placeholder: PLACEHOLDER, key: KEY, ...model },
  company: { ...NO_COMPANY, ...company },
  network: null,
})

export type Sent = {
  readonly socket: string
  readonly path?: string
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly agent?: Agent
}
export const open = ({
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
export const send = async (sent: Sent) => {
  const response = await open(sent)
  let text = ''
  for await (const piece of response.setEncoding('utf8')) text += piece
  return { status: response.statusCode, text, headers: response.headers }
}

/** A server written by hand, for what the scripted model does not do. */
export const serve = async (
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
export const model = async (options: Parameters<typeof startModelServer>[0] = {}) => {
  const server = await startModelServer(options)
  cleanups.push(() => server.close())
  return server
}

/** The lines of a task until one holds. */
export const until = async (
  port: Egress,
  task: string,
  holds: (line: GatewayLine & { readonly gateway: string }) => boolean,
  after: { gateway: string; line: number } | null = null,
) => {
  const lines: (GatewayLine & { readonly gateway: string })[] = []
  for await (const line of port.lines(task, after, AbortSignal.timeout(20_000))) {
    lines.push(line)
    if (holds(line)) return lines
  }
  throw new Error(`not among ${JSON.stringify(lines)}`)
}
export const verdict = async (port: Egress, task = 't-1') =>
  (await until(port, task, ({ kind }) => kind === 'verdict')).at(-1)!

/** A port whose backlog is full: the kernel drops further SYNs, as a host behind a silent firewall would. */
export const blackHole = async (): Promise<number> => {
  const program = `const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('fs').writeSync(1, String(s.address().port))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  cleanups.push(() => child.kill('SIGKILL'))
  const [text] = (await once(child.stdout, 'data')) as [Buffer]
  const number = Number(text.toString())
  const fillers = [1, 2, 3, 4].map(() => connect(number, '127.0.0.1').on('error', () => {}))
  cleanups.push(() => {
    for (const filler of fillers) filler.destroy()
  })
  await Promise.race(fillers.map((filler) => once(filler, 'connect')))
  await sleep(200)
  return number
}

/** A certificate for 127.0.0.1, which is its own authority. */
export const certificate = (name: string) => certificateIn(root, name)

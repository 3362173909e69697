import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { DialTarget } from '../domain/dial.ts'
import { controlDial } from './control-dial.ts'
import type { GatewayTask, LoginKeyAnswer } from './egress.ts'
import { http } from './http.ts'
import { parseKey, parseNetwork, parseTask } from './parse-task.ts'
import type { GatewayStatus, WatchLine } from './protocol.ts'
import type { WantedKeys } from './wanted-keys.ts'

const MAX_BODY = 1024 * 1024

export type Controlled = {
  open(task: GatewayTask): Promise<void>
  /** New rules for a task that is open; false where it is not. */
  setNetwork(task: string, network: GatewayTask['network']): Promise<boolean>
  /** Another key for a task that is open, or why there is none; false where it is not open. */
  setKey(task: string, answer: LoginKeyAnswer): boolean
  /** The keys that requests wait for. */
  readonly wants: Pick<WantedKeys, 'list' | 'listen'>
  /** Writes what is only counted of a task. */
  flush(task: string): void
  /** Resolves when the last line of its log is written. */
  close(task: string): Promise<void>
  tasks(): readonly string[]
  /** A connection into the task's sandbox. Rejects with a SandboxDialError. */
  dial(task: string, target: DialTarget, signal: AbortSignal): Promise<Socket>
  status(): GatewayStatus
  /** False where tasks are held. Ends after the answer otherwise. */
  retire(): boolean
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > MAX_BODY) throw new Error('the body is too long')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

type Reply = readonly [status: number, value: unknown]

const putTask = async (gateway: Controlled, task: string, request: IncomingMessage): Promise<Reply> => {
  const rules = parseTask(task, await bodyOf(request))
  if (!rules.ok) return [400, { error: rules.error }]
  await gateway.open(rules.value)
  return [200, {}]
}

const putNetwork = async (gateway: Controlled, task: string, request: IncomingMessage): Promise<Reply> => {
  const network = parseNetwork(await bodyOf(request))
  if (!network.ok) return [400, { error: network.error }]
  return (await gateway.setNetwork(task, network.value)) ? [200, {}] : [404, { error: 'the task is not open' }]
}

const putKey = async (gateway: Controlled, task: string, request: IncomingMessage): Promise<Reply> => {
  const key = parseKey(await bodyOf(request))
  if (!key.ok) return [400, { error: key.error }]
  return gateway.setKey(task, key.value) ? [200, {}] : [404, { error: 'the task is not open' }]
}

const answer = (gateway: Controlled, request: IncomingMessage): Reply | Promise<Reply> => {
  const [, noun = '', id = '', part = ''] = (request.url ?? '').split('/').map(decodeURIComponent)
  switch (`${request.method} ${noun}${id === '' ? '' : '/:id'}${part === '' ? '' : `/${part}`}`) {
    case 'PUT tasks/:id':
      return putTask(gateway, id, request)
    case 'PUT tasks/:id/network':
      return putNetwork(gateway, id, request)
    case 'PUT tasks/:id/key':
      return putKey(gateway, id, request)
    case 'POST tasks/:id/flush':
      gateway.flush(id)
      return [200, {}]
    case 'DELETE tasks/:id':
      return gateway.close(id).then(() => [200, {}])
    case 'GET tasks':
      return [200, { tasks: gateway.tasks() }]
    case 'GET status':
      return [200, gateway.status()]
    case 'POST retire':
      return [200, { retired: gateway.retire() }]
    default:
      return [404, { error: `no such control: ${request.method} ${request.url}` }]
  }
}

/** The gateway's state, then each key that requests wait for, as long as the connection lasts. */
const watch = ({ status, wants }: Controlled, response: ServerResponse): void => {
  const say = (line: WatchLine) => void response.write(`${JSON.stringify(line)}\n`)
  say(status())
  for (const wanted of wants.list()) say({ wants: wanted })
  const leave = wants.listen((wanted) => say({ wants: wanted }))
  response.once('close', leave)
}

const respond = async (gateway: Controlled, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  if (request.method === 'GET' && request.url === '/watch') {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    watch(gateway, response)
    return
  }
  const [status, value] = await Promise.resolve(answer(gateway, request)).catch(
    (error: Error): Reply => [500, { error: error.message }],
  )
  const body = JSON.stringify(value)
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body)
}

/** The gateway's control socket, for the supervisor alone. */
export const control = (gateway: Controlled): Server =>
  http
    .createServer({ keepAliveTimeout: 0, requestTimeout: 10_000 }, (request, response) => {
      respond(gateway, request, response).catch(() => response.destroy())
    })
    .on('upgrade', controlDial(gateway))

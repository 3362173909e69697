import { Agent, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { BerthError } from '../../domain/errors.ts'
import { onAbort } from '../../std/abort.ts'
import { type Call, QUICK_MS } from './call.ts'
import type { Endpoint } from './endpoint.ts'
import { connectionError, type Label, statusError, wordsOf } from './engine-failure.ts'
import { exchange, type Upgraded } from './exchange.ts'

export type Answer = { readonly status: number; readonly body: Buffer; readonly words: string }
/** `api`: the version that both sides speak, e.g. 1.41. */
export type Greeting = { readonly api: string; readonly podman: boolean }
export type Connection = {
  readonly url: string
  readonly label: Label
  /** Asked once for as long as the engine stays there. */
  greet(signal: AbortSignal | undefined): Promise<Greeting>
  /** The whole answer, whatever its status. */
  send(call: Call): Promise<Answer>
  /** The answer's JSON; an error status throws. */
  json<T>(call: Call): Promise<T>
  /** The answer's body as it comes; an error status throws before the first piece. */
  stream(call: Call): AsyncGenerator<Buffer>
  /** The raw connection behind an upgrade. */
  upgrade(call: Call): Promise<Upgraded>
  /** The error of an answer that the caller does not take. */
  error(call: Call, answer: Answer): Error
  close(): void
}

/** The newest version whose answers this client knows; an older engine's own version is used. */
const NEWEST = [1, 47] as const
const SMALL = 64 * 1024 * 1024

const negotiate = (header: string | undefined): string => {
  const [major, minor] = (header ?? '1.41').split('.').map(Number)
  if (major !== NEWEST[0] || minor === undefined || !Number.isInteger(minor)) return header ?? '1.41'
  return `1.${Math.min(minor, NEWEST[1])}`
}

/** The calls of a launch come within this time; a new connection costs a tenth of a millisecond. */
const IDLE_MS = 1000

const agentFor = (endpoint: Endpoint): Agent => {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 8, timeout: IDLE_MS })
  agent.createConnection = () =>
    endpoint.kind === 'unix' ? connect({ path: endpoint.path }) : connect({ host: endpoint.host, port: endpoint.port })
  return agent
}

const whole = async (message: IncomingMessage): Promise<Answer> => {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of message as AsyncIterable<Buffer>) {
    size += part.length
    if (size > SMALL) throw new Error(`the answer is over ${SMALL} bytes`)
    parts.push(part)
  }
  const status = message.statusCode ?? 0
  const body = Buffer.concat(parts)
  return { status, body, words: status >= 400 ? wordsOf(body) : '' }
}

const withQuery = (path: string, query: Call['query']) =>
  query === undefined ? path : `${path}?${new URLSearchParams(query)}`

type Input = {
  readonly endpoint: Endpoint
  readonly label: Label
  readonly revive?: ((signal: AbortSignal | undefined) => Promise<boolean>) | undefined
  /** Called when the engine went away: what was known of it may be wrong. */
  readonly onDown?: () => void
  /** Limit of the greeting. */
  readonly greetMs?: number
}

/** Knows the engine's version for as long as it stays there, and tries again once where it came back. */
const greeter = ({ label, revive, onDown, greetMs = QUICK_MS }: Input, wire: Parameters<typeof exchange>[0]) => {
  let greeting: Greeting | undefined
  const reviving = async <T>(call: Call, run: () => Promise<T>): Promise<T> => {
    try {
      return await run()
    } catch (error) {
      const down = error instanceof Error && 'code' in error && error.code === 'engine-down'
      // Another version of the engine may be there when it comes back.
      if (down) {
        greeting = undefined
        onDown?.()
      }
      if (!down || revive === undefined || !(await revive(call.signal))) throw error
      return await run()
    }
  }
  const greet = async (signal: AbortSignal | undefined): Promise<Greeting> => {
    if (greeting !== undefined) return greeting
    const asked = { method: 'GET', path: '/_ping', prefix: '', doing: 'ask for its version' } as const
    const call: Call = { ...asked, signal, limitMs: greetMs }
    const response = async (message: IncomingMessage) => ({ answer: await whole(message), headers: message.headers })
    const { answer, headers } = await reviving(call, () => exchange(wire, call, '/_ping', { response }))
    if (answer.status !== 200) throw statusError(label, call, answer.status, answer.words)
    const version = headers['api-version']
    const podman = headers['libpod-api-version'] !== undefined
    greeting = { api: negotiate(typeof version === 'string' ? version : undefined), podman }
    return greeting
  }
  return { reviving, greet }
}

/**
 * Talks to one endpoint over connections that are kept for a second. `revive` is asked once when nothing listens there; true: try again.
 * It holds no process alive between calls.
 */
export const connection = (input: Input): Connection => {
  const { endpoint, label } = input
  const agent = agentFor(endpoint)
  const wire = { agent, label, host: endpoint.kind === 'tcp' ? endpoint.host : 'localhost' }
  const { reviving, greet } = greeter(input, wire)
  const pathOf = async (call: Call) =>
    withQuery(`${call.prefix ?? `/v${(await greet(call.signal)).api}`}${call.path}`, call.query)
  const send = async (call: Call) => {
    const path = await pathOf(call)
    return await reviving(call, () => exchange(wire, call, path, { response: whole }))
  }
  const refused = async (call: Call, message: IncomingMessage) => {
    const answer = await whole(message)
    return statusError(label, call, answer.status, answer.words)
  }

  return {
    url: endpoint.url,
    label,
    greet,
    send,
    error: (call, answer) => statusError(label, call, answer.status, answer.words),
    async json<T>(call: Call): Promise<T> {
      const answer = await send(call)
      if (answer.status >= 300) throw statusError(label, call, answer.status, answer.words)
      try {
        return JSON.parse(answer.body.toString('utf8')) as T
      } catch (cause) {
        throw new BerthError('engine-error', `${label}: ${call.doing}: the answer is not JSON`, { cause })
      }
    },
    async *stream(call) {
      const path = await pathOf(call)
      const response = async (message: IncomingMessage) => {
        if ((message.statusCode ?? 0) >= 300) throw await refused(call, message)
        return message
      }
      const message = await reviving(call, () => exchange(wire, call, path, { response }))
      using _ = onAbort(call.signal, () => message.destroy())
      try {
        for await (const part of message as AsyncIterable<Buffer>) yield part
        call.signal?.throwIfAborted()
      } catch (error) {
        call.signal?.throwIfAborted()
        throw connectionError(label, call, error)
      } finally {
        message.destroy()
      }
    },
    async upgrade(call) {
      const path = await pathOf(call)
      const response = async (message: IncomingMessage): Promise<Upgraded> => {
        throw await refused(call, message)
      }
      return await exchange(wire, call, path, { response, upgrade: (to) => to })
    },
    close: () => agent.destroy(),
  }
}

import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { DIAL_PROTOCOL, type DialTarget, formatDialTarget } from '../domain/dial.ts'
import { lineSplitter } from '../std/lines.ts'
import type { DialAnswer } from './control-dial.ts'
import type { WantedKey } from './egress.ts'
import { http } from './http.ts'
import { controlSocket, type GatewayStatus, type WatchLine } from './protocol.ts'

const CALL_MS = 10_000
/** So long a connection without a call stays open. */
const IDLE_MS = 1000
const LONGEST_LINE = 64 * 1024

export type Call = {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: unknown
}
export type Reply = { readonly status: number; readonly value: unknown }

export type Watcher = {
  /** The gateway, or the connection to it, ended. */
  ended(): void
  /** A request waits for another key. */
  wanted(wanted: WantedKey): void
}

export type ControlClient = {
  /** Rejects with the system's error where no gateway answers. */
  call(call: Call): Promise<Reply>
  /** A connection that stays open as long as the gateway lives. */
  watch(watcher: Watcher): Promise<GatewayStatus>
  /** A connection into a task's sandbox, or the reason why there is none. */
  dial(task: string, target: DialTarget, signal: AbortSignal): Promise<Socket | DialAnswer>
  close(): void
}

const textOf = async (response: IncomingMessage): Promise<string> => {
  let text = ''
  for await (const piece of response.setEncoding('utf8')) text += piece as string
  return text
}

/** Speaks HTTP with the gateway over its control socket, on connections that are kept open for the next call. */
export const controlClient = (runtimeDir: string): ControlClient => {
  const socketPath = controlSocket(runtimeDir)
  const agent = new http.Agent({ keepAlive: true, timeout: IDLE_MS })
  const watching = new Set<IncomingMessage>()

  const send = ({ method, path, body }: Call) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body)
      const headers = text === undefined ? {} : { 'content-length': Buffer.byteLength(text) }
      const sent = http.request({ socketPath, agent, method, path, headers, timeout: CALL_MS }, resolve)
      sent.once('error', reject)
      sent.once('timeout', () =>
        sent.destroy(new Error(`the gateway did not answer ${method} ${path} in ${CALL_MS / 1000} s`)),
      )
      sent.end(text)
    })

  return {
    call: async (call) => {
      const response = await send(call)
      return { status: response.statusCode ?? 0, value: JSON.parse(await textOf(response)) as unknown }
    },
    watch: async ({ ended, wanted }) => {
      const response = await send({ method: 'GET', path: '/watch' })
      response.socket.setTimeout(0)
      watching.add(response)
      return new Promise((resolve, reject) => {
        const lines = lineSplitter(LONGEST_LINE)
        response.on('data', (piece: Buffer) => {
          for (const text of lines.push(piece)) {
            const line = JSON.parse(text) as WatchLine
            if ('wants' in line) wanted(line.wants)
            else resolve(line)
          }
        })
        response.on('error', () => {})
        response.once('close', () => {
          watching.delete(response)
          reject(new Error('the gateway ended'))
          ended()
        })
      })
    },
    dial: (task, target, signal) => {
      const path = `/tasks/${task}/dial/${formatDialTarget(target)}`
      const headers = { connection: 'Upgrade', upgrade: DIAL_PROTOCOL }
      const { promise, resolve, reject } = Promise.withResolvers<Socket | DialAnswer>()
      http
        .request({ socketPath, agent: false, method: 'POST', path, headers, signal })
        .once('error', reject)
        .once('response', (response) => {
          textOf(response).then((text) => resolve(JSON.parse(text) as DialAnswer), reject)
        })
        .once('upgrade', (_, socket, head) => {
          if (head.length > 0) socket.unshift(head)
          resolve(socket as Socket)
        })
        .end()
      return promise
    },
    close: () => {
      for (const response of watching) response.destroy()
      agent.destroy()
    },
  }
}

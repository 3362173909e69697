import { request as httpRequest, type IncomingMessage } from 'node:http'
import { smallCall } from './small-call.ts'

export type Call = {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/** An answer whose status has come. */
export type Heard = {
  readonly status: number
  readonly header: (name: string) => string | undefined
  readonly text: () => Promise<string>
  /** Nobody reads it. */
  readonly drop: () => void
}

/** An answer that is read as it comes. */
export type HeardStream = Heard & { readonly message: IncomingMessage }

/** Sends a call, as one of this build. */
export type Send<H extends Heard> = (socketPath: string, build: string, call: Call) => Promise<H>

const payloadOf = ({ body }: Call) => (body === undefined ? undefined : JSON.stringify(body))

/** For an answer that is short. */
export const sendSmall: Send<Heard> = async (socketPath, build, call) => {
  const { method, path, signal } = call
  const headers = { 'x-berth-build': build, ...call.headers }
  const answer = await smallCall({ socketPath, method, path, headers, body: payloadOf(call), signal })
  return {
    status: answer.status,
    header: (name) => answer.headers.get(name),
    text: async () => answer.body.toString(),
    drop: () => {},
  }
}

const textOf = async (message: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

export const heardStream = (message: IncomingMessage): HeardStream => ({
  message,
  status: message.statusCode ?? 500,
  header: (name) => message.headers[name]?.toString(),
  text: () => textOf(message),
  drop: () => void message.resume(),
})

export const sendStream: Send<HeardStream> = (socketPath, build, call) =>
  new Promise((resolve, reject) => {
    const payload = payloadOf(call)
    const headers = {
      'x-berth-build': build,
      ...call.headers,
      ...(payload === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
    }
    const options = {
      socketPath,
      method: call.method,
      path: call.path,
      headers,
      // Without a name to set, Node would first compile its patterns for IP addresses: 7 ms.
      servername: '',
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    }
    httpRequest(options, (message) => resolve(heardStream(message)))
      .once('error', reject)
      .end(payload)
  })

import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { request as tlsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { SecretBook } from './secrets.ts'

/** A request that passed, with its answer. */
export type Exchange = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly status: number
  readonly answerHeaders: IncomingHttpHeaders
  readonly answer: string
  /** The recorder refused it, and the service never got it. */
  readonly refused: boolean
}

const BODY_MOST = 8 * 1024 * 1024
const HOP = new Set(['host', 'connection', 'accept-encoding', 'transfer-encoding', 'keep-alive'])
const SECRET = ['authorization', 'x-api-key', 'x-goog-api-key', 'chatgpt-account-id', 'cookie'] as const
const REFUSED = JSON.stringify({
  error: { message: 'refused by the recorder of make live', type: 'authentication_error' },
})

const noteSecrets = (headers: IncomingHttpHeaders, secrets: SecretBook): void => {
  for (const name of SECRET) {
    const value = headers[name]
    if (typeof value === 'string') secrets.add(value.replace(/^Bearer /i, ''))
  }
  secrets.add(...(headers['set-cookie'] ?? []))
}

const ownHeaders = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP.has(name)))

/** Asks the service, and passes its answer on as it comes. */
const pass = (upstream: URL, path: string, asked: IncomingMessage, body: Buffer, response: ServerResponse) =>
  new Promise<Pick<Exchange, 'status' | 'answerHeaders' | 'answer'>>((resolve, reject) => {
    const send = upstream.protocol === 'https:' ? tlsRequest : request
    const headers = { ...ownHeaders(asked.headers), 'accept-encoding': 'identity', 'content-length': body.length }
    const sent = send(new URL(path, upstream.origin), { method: asked.method, headers }, (answer) => {
      const { statusCode: status = 0, headers: answerHeaders } = answer
      response.writeHead(status, ownHeaders(answerHeaders))
      const pieces: Buffer[] = []
      let size = 0
      answer.on('data', (piece: Buffer) => {
        size += piece.length
        if (size <= BODY_MOST) pieces.push(piece)
        response.write(piece)
      })
      answer.once('close', () => {
        response.end()
        resolve({ status, answerHeaders, answer: Buffer.concat(pieces).toString('utf8') })
      })
    })
    sent.once('error', reject)
    sent.end(body)
  })

/**
 * A proxy on loopback in front of a service: keeps each request and its answer in memory. `refuseFirst`: it answers the
 * first request with a 401, as for a token that has expired, so that the gateway renews its login.
 */
export const startRecorder = async (input: {
  readonly upstream: string
  readonly refuseFirst: boolean
  readonly secrets: SecretBook
}) => {
  const { secrets } = input
  const upstream = new URL(input.upstream)
  const exchanges: Exchange[] = []
  let refuse = input.refuseFirst
  const answer = async (asked: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(asked)
    const { method = '', url: path = '/', headers } = asked
    noteSecrets(headers, secrets)
    const head = { method, path, headers, body }
    if (refuse) {
      refuse = false
      response.writeHead(401, { 'content-type': 'application/json' }).end(REFUSED)
      exchanges.push({ ...head, status: 401, answerHeaders: {}, answer: REFUSED, refused: true })
      return
    }
    const passed = await pass(upstream, path, asked, body, response)
    noteSecrets(passed.answerHeaders, secrets)
    exchanges.push({ ...head, ...passed, refused: false })
  }
  const server = createServer((asked, response) => {
    answer(asked, response).catch(() => response.destroy())
  })
  server.requestTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}${upstream.pathname.replace(/\/$/, '')}`,
    exchanges: exchanges as readonly Exchange[],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

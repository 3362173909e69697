import type { IncomingMessage, ServerResponse } from 'node:http'

/** Kinds of reasons for which the gateway does not pass a request on; its log counts by them. */
export type RefusalKind =
  | 'no model'
  | 'proxy'
  | 'framing'
  | 'path'
  | 'placeholder'
  | 'unsendable'
  | 'connect'
  | 'upgrade'
  | 'malformed'
  | 'too many'

export type Refusal = { readonly refused: RefusalKind; readonly status: number; readonly message: string }

/** What is logged of a target: no query, in which keys travel too. */
export const loggedPath = (target: string): string => (target.split('?', 1)[0] ?? '').slice(0, 500)

export const refusalBody = (message: string): string =>
  JSON.stringify({ error: { message: `Berth's gateway: ${message}`, type: 'berth_gateway', code: 'refused' } })

/** Answers a request that is not passed on. The connection ends with it. */
export const refuse = (response: ServerResponse, { status, message }: Refusal): void => {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.shouldKeepAlive = false
  const body = refusalBody(message)
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body)
}

/** The same for a socket that node:http has given up. */
export const rawRefusal = (head: string, message: string): string => {
  const body = refusalBody(message)
  return `HTTP/1.1 ${head}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

export const lineOf = (request: Pick<IncomingMessage, 'method' | 'url'>, { status, message }: Refusal) => ({
  method: request.method ?? '',
  path: loggedPath(request.url ?? ''),
  status,
  ms: 0,
  message,
})

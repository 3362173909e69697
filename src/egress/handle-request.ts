import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GatewayLine } from './egress.ts'
import { forward, type Outcome } from './forward.ts'
import { pathBelow } from './path-below.ts'
import type { Route } from './route.ts'
import { swapHeaders } from './swap-headers.ts'

export type RequestLine = Pick<GatewayLine, 'method' | 'path' | 'status' | 'ms' | 'message' | 'usage'> & {
  readonly kind: 'request'
}

/** What is logged of a target: no query, in which keys travel too. */
export const loggedPath = (target: string): string => (target.split('?', 1)[0] ?? '').slice(0, 500)

const check = (
  request: IncomingMessage,
  route: Route | null,
): { readonly headers: string[] } | { readonly refused: string } => {
  const { url = '', method = '' } = request
  if (route === null) return { refused: 'this task has no model to talk to' }
  if (!url.startsWith('/'))
    return { refused: `proxy requests are not allowed (${loggedPath(url)}): only the model can be reached` }
  if (method === 'TRACE') return { refused: 'the method TRACE is not allowed' }
  if (!pathBelow(route.upstream.pathname, url)) {
    return { refused: `the path ${loggedPath(url)} is not below ${route.upstream.pathname}, where the model is` }
  }
  return swapHeaders(request.rawHeaders, route.model, route.upstream.host)
}

const refuse = (request: IncomingMessage, response: ServerResponse, status: number, message: string): Outcome => {
  request.resume()
  const body = JSON.stringify({
    error: { message: `Berth's gateway: ${message}`, type: 'berth_gateway', code: 'refused' },
  })
  response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  return { status, message }
}

/** One request from the container: refused with a reason, or forwarded. Logged when it is over. */
export const handleRequest = async (
  request: IncomingMessage,
  response: ServerResponse,
  { route, write }: { readonly route: Route | null; readonly write: (line: RequestLine) => void },
): Promise<void> => {
  const began = performance.now()
  const { method = '', url = '' } = request
  const attempt = async (): Promise<Outcome> => {
    const checked = check(request, route)
    if ('refused' in checked || route === null)
      return refuse(request, response, 403, 'refused' in checked ? checked.refused : '')
    try {
      return await forward(route, request, response, checked.headers)
    } catch (error) {
      return refuse(request, response, 400, `the request can't be forwarded: ${(error as Error).message}`)
    }
  }
  const { status, message, usage } = await attempt()
  const ms = Math.round(performance.now() - began)
  const clean = route?.redact ?? ((text: string) => text)
  write({
    kind: 'request',
    method,
    path: clean(loggedPath(url)),
    status,
    ms,
    ...(usage === undefined ? {} : { usage }),
    ...(message === undefined ? {} : { message: clean(message) }),
  })
}

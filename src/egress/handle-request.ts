import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GatewayModel } from './egress.ts'
import { forward } from './forward.ts'
import { type Framing, framingHeaders, requestFraming } from './framing.ts'
import type { Paces } from './paces.ts'
import { pathBelow } from './path-below.ts'
import { lineOf, loggedPath, type Refusal, refuse } from './refusal.ts'
import type { Route } from './route.ts'
import { swapHeaders } from './swap-headers.ts'
import type { TaskLog } from './task-log.ts'
import { waited } from './waited.ts'

type Headers = (model: GatewayModel, length: number | null) => string[]
type Checked = { readonly route: Route; readonly headers: Headers } | Refusal

const isListed = (path: string, patterns: readonly string[]): boolean =>
  patterns.some((one) => (one.endsWith('*') ? path.startsWith(one.slice(0, -1)) : path === one))

/** What is wrong with a request's path; null if it passes. */
const pathError = (request: IncomingMessage, route: Route, isTunnelled: boolean): Refusal | null => {
  const { url = '', method = '' } = request
  const { paths, intercept } = route.model
  const base = route.upstream.pathname
  const path = url.split('?', 1)[0] ?? ''
  const odd = pathBelow(base, url)
  const passes = odd === null && (paths === undefined || isListed(path.slice(base.replace(/\/+$/, '').length), paths))
  if (passes || (isTunnelled && method === 'GET' && intercept?.paths.includes(path))) return null
  const message = `the path ${loggedPath(url)} ${odd ?? 'is none that the agent needs of this login'}`
  // By the model's own address, a CLI does without what its server does not have.
  return { refused: 'path', status: isTunnelled ? 404 : 403, message }
}

const check = (request: IncomingMessage, route: Route | null, isTunnelled: boolean): Checked => {
  const { url = '', method = '', httpVersion, rawHeaders } = request
  if (route === null) return { refused: 'no model', status: 403, message: 'this task has no model' }
  const bounds = requestFraming(method, httpVersion, rawHeaders)
  if ('odd' in bounds) return { refused: 'framing', status: 400, message: `${bounds.odd} is not passed on` }
  const { host, expect } = request.headers
  if (host === undefined && httpVersion !== '1.0')
    return { refused: 'framing', status: 400, message: 'a request without a Host is not passed on' }
  if (expect !== undefined && expect.toLowerCase() !== '100-continue')
    return { refused: 'framing', status: 417, message: 'this Expect is not passed on' }
  if (!url.startsWith('/')) {
    const message = `proxy requests are not allowed (${loggedPath(url)}): only the model can be reached`
    return { refused: 'proxy', status: 403, message }
  }
  const wrong = pathError(request, route, isTunnelled)
  if (wrong !== null) return wrong
  const now = route.key.now()
  const swapped = swapHeaders(rawHeaders, now, route.upstream.host)
  if ('refused' in swapped) return { refused: 'placeholder', status: 403, message: swapped.refused }
  const headers: Headers = (model, length) => {
    const again = model === now ? swapped : swapHeaders(rawHeaders, model, route.upstream.host)
    const isSame = length === null || bounds.framing.kind === 'none'
    const framing: Framing = isSame ? bounds.framing : { kind: 'length', length }
    return [...('headers' in again ? again.headers : []), ...framingHeaders(method, framing)]
  }
  return { route, headers }
}

type Deps = {
  readonly route: Route | null
  readonly log: TaskLog
  readonly paces: Paces
  readonly shut: () => void
  /** It came to the model's own host, by a tunnel that ends here. */
  readonly isTunnelled?: boolean
}

/**
 * One request from the container: refused with a reason, or forwarded. Logged when it is over. `shut` is called where the
 * connection must not be used again.
 */
export const handleRequest = async (request: IncomingMessage, response: ServerResponse, deps: Deps): Promise<void> => {
  const { log, paces, shut } = deps
  const clean = deps.route?.redact ?? ((text: string) => text)
  /** A request to a proxy names another host than the model's. */
  const place = request.url?.startsWith('/') ? deps.route?.place : undefined
  const logRefusal = (refusal: Refusal) =>
    log.request(
      {
        ...lineOf(request, refusal),
        ...place,
        rule: null,
        path: clean(loggedPath(request.url ?? '')),
        message: clean(refusal.message),
      },
      refusal.refused,
    )
  const turnAway = async (refusal: Refusal) => {
    shut()
    logRefusal(refusal)
    if (await waited(response, paces.refused())) refuse(response, refusal)
  }
  const began = performance.now()
  const checked = check(request, deps.route, deps.isTunnelled ?? false)
  if ('refused' in checked) return turnAway(checked)
  const pace = paces.passed()
  if (pace === null) logRefusal({ refused: 'too many', status: 429, message: 'too many requests wait' })
  if (!(await waited(response, pace))) return
  const { route, headers } = checked
  try {
    const { status, message, usage, model } = await forward(route, request, response, { headers, shut })
    log.request({
      ...place,
      method: request.method ?? '',
      path: clean(loggedPath(request.url ?? '')),
      status,
      ms: Math.round(performance.now() - began),
      ...(usage === undefined ? {} : { usage }),
      ...(model === undefined ? {} : { model: clean(model) }),
      ...(message === undefined ? {} : { message: clean(message) }),
    })
  } catch (error) {
    const message = `the request can't be forwarded: ${(error as Error).message}`
    await turnAway({ refused: 'unsendable', status: 400, message })
  }
}

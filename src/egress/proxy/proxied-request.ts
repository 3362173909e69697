import type { IncomingMessage } from 'node:http'
import { type Parsed, parsed, unparsed } from '../../std/parsed.ts'
import { framingHeaders, requestFraming } from '../framing.ts'
import { endToEnd } from '../swap-headers.ts'
import { authorityOf, parseAbsolute, parseAuthority, type Target } from './target.ts'

/** A request to a target, with the headers that go there. */
export type ProxiedRequest = {
  readonly target: Target
  readonly path: string
  readonly headers: readonly string[]
}

const PORTS = { http: 80, https: 443 } as const

/** The target of a request: of its own line in absolute form, or of the connection that it came by. */
const targetOf = (url: string, tunnel: Target | null): Parsed<Target & { readonly path: string }> => {
  if (tunnel === null) return parseAbsolute(url)
  return url.startsWith('/') ? parsed({ ...tunnel, path: url }) : unparsed('a request in a tunnel names a path alone')
}

const agrees = (host: string | undefined, target: Target, usual: number): boolean => {
  if (host === undefined) return false
  const named = parseAuthority(host, usual)
  return named.ok && named.value.host === target.host && named.value.port === target.port
}

/**
 * Reads a request that the proxy is to pass on; refused where two servers could read it differently, or where it names
 * another host than its connection.
 */
export const proxiedRequest = (
  request: IncomingMessage,
  { scheme, tunnel }: { readonly scheme: 'http' | 'https'; readonly tunnel: Target | null },
): Parsed<ProxiedRequest> => {
  const { url = '', method = '', httpVersion, rawHeaders } = request
  const bounds = requestFraming(method, httpVersion, rawHeaders)
  if ('odd' in bounds) return unparsed(`${bounds.odd} is not passed on`)
  const { expect } = request.headers
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') return unparsed('this Expect is not passed on')
  const target = targetOf(url, tunnel)
  if (!target.ok) return target
  const { host, port, path } = target.value
  if (!/^[\x21-\x7e]+$/.test(path) || path.includes('#')) return unparsed('the path has bytes that no URL has')
  const hosts = rawHeaders.filter((_, i) => i % 2 === 0 && rawHeaders[i]?.toLowerCase() === 'host')
  if (hosts.length !== 1 || !agrees(request.headers.host, { host, port }, PORTS[scheme]))
    return unparsed(`the Host header does not name ${authorityOf({ host, port }, PORTS[scheme])}`)
  return parsed({
    target: { host, port },
    path,
    headers: [
      'Host',
      authorityOf({ host, port }, PORTS[scheme]),
      ...endToEnd(rawHeaders),
      ...framingHeaders(method, bounds.framing),
    ],
  })
}

import type { IncomingMessage } from 'node:http'
import { parseHost } from '../../domain/network/host-name.ts'
import type { Parsed } from '../../std/parsed.ts'
import { requestFraming } from '../framing.ts'
import { parseAuthority, type Target } from './target.ts'

/** What is wrong with a CONNECT, or where it leads. */
export const connectTarget = ({ url = '', httpVersion, rawHeaders, headers }: IncomingMessage): Parsed<Target> => {
  const bounds = requestFraming('GET', httpVersion, rawHeaders)
  if ('odd' in bounds || bounds.framing.kind !== 'none') return { ok: false, error: 'CONNECT takes no body' }
  const target = parseAuthority(url, null)
  if (!target.ok || headers.host === undefined) return target
  const named = parseAuthority(headers.host, target.value.port)
  const agrees = named.ok && named.value.host === target.value.host && named.value.port === target.value.port
  return agrees ? target : { ok: false, error: `the Host header does not name ${url.slice(0, 200)}` }
}

/** Whether the server that TLS asks for is the one that CONNECT named; an address has no server name. */
export const isSameServer = (serverName: string | null, { host }: Target): boolean => {
  if (serverName === null) return process.getBuiltinModule('node:net').isIP(host) !== 0
  const named = parseHost(serverName)
  return named.ok && named.value === host
}

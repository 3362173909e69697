import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { CompanyNetwork } from '../domain/company-network.ts'
import { hostConnector, hostPort } from './connect-host.ts'
import { connectThrough } from './connect-through.ts'
import { DialError } from './dial-error.ts'
import { parentFor } from './parent-for.ts'
import { withTimeLimit } from './time-limit.ts'

const LIMIT_MS = 10_000

type Deps = { readonly secureContext: (caFile: string | null) => SecureContext; readonly limitMs?: number }

/** Opens a connection to a server by the company's proxy; null where it is reached directly. It rejects with a DialError. */
export type ParentTunnels = (url: URL, company: CompanyNetwork) => ((signal?: AbortSignal) => Promise<Socket>) | null

/** The way to servers that the user named: whatever their addresses are, the proxy may be asked for them. */
export const parentTunnels = ({ secureContext, limitMs = LIMIT_MS }: Deps): ParentTunnels => {
  const connectHost = hostConnector()
  return (url, { proxies, caFile }) => {
    const scheme = url.protocol === 'http:' ? 'http' : 'https'
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const port = url.port !== '' ? Number(url.port) : scheme === 'http' ? 80 : 443
    const proxy = parentFor(proxies, { scheme, host, port })
    if (proxy === null) return null
    const target = hostPort(host, port)
    const late = () =>
      new DialError('timeout', `the proxy ${proxy.host} gave no connection to ${target} in ${limitMs / 1000} s`)
    return async (signal = new AbortController().signal) => {
      const socket = await withTimeLimit({ ms: limitMs, signal, late }, (either) =>
        connectThrough({
          proxy,
          target,
          connect: (name, at) => connectHost({ host: name, port: at, signal: either }),
          secureContext: () => secureContext(caFile),
          signal: either,
        }),
      )
      // As an agent of Node expects its sockets.
      socket.allowHalfOpen = false
      return socket
    }
  }
}

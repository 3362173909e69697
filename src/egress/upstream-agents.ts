import { readFileSync } from 'node:fs'
import type { Agent, request } from 'node:http'
import { http } from './http.ts'

/** Idle connections to an upstream are dropped before the usual servers do it, so that a request seldom meets a closing one. */
const IDLE_MS = 30_000

export type Upstream = { readonly request: typeof request; readonly agent: Agent }

const withTls = (own: string | null): Upstream => {
  // Loaded with the first task that needs them: 13 ms.
  const https = process.getBuiltinModule('node:https')
  const tls = process.getBuiltinModule('node:tls')
  const known = [...tls.getCACertificates('default'), ...tls.getCACertificates('system')]
  // Made once: parsing the authorities costs more than a handshake.
  const secureContext = tls.createSecureContext({ ca: [...new Set(known), ...(own === null ? [] : [own])] })
  return {
    request: https.request as typeof request,
    agent: new https.Agent({ keepAlive: true, timeout: IDLE_MS, secureContext }),
  }
}

export type UpstreamAgents = {
  /** Throws where the file of authorities can't be read. */
  to(url: URL, caFile: string | null): Upstream
}

/** Ways to upstreams with connections kept open, shared by all tasks. */
export const upstreamAgents = (): UpstreamAgents => {
  const plain: Upstream = { request: http.request, agent: new http.Agent({ keepAlive: true, timeout: IDLE_MS }) }
  const secure = new Map<string | null, Upstream>()
  return {
    to: (url, caFile) => {
      if (url.protocol === 'http:') return plain
      // By its content: the file may have been replaced since.
      const own = caFile === null ? null : readFileSync(caFile, 'utf8')
      const way = secure.get(own) ?? withTls(own)
      secure.set(own, way)
      return way
    },
  }
}

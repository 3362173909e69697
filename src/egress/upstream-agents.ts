import { readFileSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'

/** Idle connections to an upstream are dropped before the usual servers do it, so that a request seldom meets a closing one. */
const IDLE_MS = 30_000

export type Upstream = { readonly request: typeof httpRequest; readonly agent: Agent }

const withTls = async (caFile: string | null): Promise<Upstream> => {
  const [https, tls] = await Promise.all([import('node:https'), import('node:tls')])
  const own = caFile === null ? [] : [readFileSync(caFile, 'utf8')]
  const ca = [...new Set([...tls.getCACertificates('default'), ...tls.getCACertificates('system'), ...own])]
  // Made once: parsing the authorities costs more than a handshake.
  const secureContext = tls.createSecureContext({ ca })
  const agent = new https.Agent({ keepAlive: true, timeout: IDLE_MS, secureContext })
  return { request: https.request as typeof httpRequest, agent }
}

/** Ways to upstreams with connections kept open, shared by all tasks; TLS is loaded with the first task that needs it. */
export const upstreamAgents = () => {
  const plain: Upstream = { request: httpRequest, agent: new Agent({ keepAlive: true, timeout: IDLE_MS }) }
  const secure = new Map<string, Promise<Upstream>>()
  return {
    to: (url: URL, caFile: string | null): Upstream | Promise<Upstream> => {
      if (url.protocol === 'http:') return plain
      // A file may have been replaced since: its own content is the name.
      const name = caFile === null ? '' : readFileSync(caFile, 'utf8')
      const known = secure.get(name) ?? withTls(caFile)
      secure.set(name, known)
      known.catch(() => secure.delete(name))
      return known
    },
  }
}

export type UpstreamAgents = ReturnType<typeof upstreamAgents>

import type { ClientRequest, IncomingMessage } from 'node:http'
import { isIP, type LookupFunction } from 'node:net'
import type { CompanyNetwork } from '../domain/company-network.ts'
import type { StreamAnswer, StreamClient, StreamRequest } from '../domain/stream-client.ts'
import { parentFor } from './parent-for.ts'
import { type Upstream, upstreamAgents } from './upstream-agents.ts'

/** A connection on which nothing moves for so long is given up. */
const STILL_MS = 60_000

/** Looks a name up, and refuses it if one of its addresses is refused. */
const judgedLookup =
  (refusal: NonNullable<StreamRequest['refusal']>): LookupFunction =>
  (name, options, done) =>
    void process.getBuiltinModule('node:dns').lookup(name, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, '')
      const why = found.map(({ address }) => refusal(address)).find((words) => words !== null)
      if (why !== undefined) return done(new Error(why), '')
      if (options.all === true) return done(null, found)
      const [first] = found
      done(null, first?.address ?? '', first?.family)
    })

const refuseAddress = ({ hostname }: URL, refusal: NonNullable<StreamRequest['refusal']>): void => {
  const host = hostname.replace(/^\[|\]$/g, '')
  const why = isIP(host) === 0 ? null : refusal(host)
  if (why !== null) throw new Error(why)
}

const send = (sent: ClientRequest, body: StreamRequest['body'], fail: (error: Error) => void): void => {
  if (body === undefined || typeof body === 'string') sent.end(body)
  else body.stream.on('error', fail).pipe(sent)
}

const lengthOf = (body: StreamRequest['body']): Readonly<Record<string, string>> => {
  if (body === undefined) return {}
  return { 'content-length': String(typeof body === 'string' ? Buffer.byteLength(body) : body.bytes) }
}

const headersOf = ({ headers }: IncomingMessage): ReadonlyMap<string, string> =>
  new Map(Object.entries(headers).map(([name, value]) => [name, String(value)] as const))

type Way = { readonly upstream: Upstream; readonly byProxy: boolean }

const ask = async ({ upstream, byProxy }: Way, url: URL, request: StreamRequest): Promise<StreamAnswer> => {
  const { method, headers, body, refusal, signal } = request
  if (refusal !== undefined) refuseAddress(url, refusal)
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const sent = upstream.request(
    url,
    {
      method,
      agent: upstream.agent,
      headers: { ...headers, ...lengthOf(body) },
      ...(signal && { signal }),
      ...(refusal && { lookup: judgedLookup(refusal) }),
    },
    resolve,
  )
  sent.on('error', reject)
  sent.setTimeout(STILL_MS, () => sent.destroy(new Error(`nothing came for ${STILL_MS / 1000} s`)))
  send(sent, body, (error) => sent.destroy(error))
  try {
    const answer = await promise
    const address = byProxy ? null : (answer.socket.remoteAddress ?? null)
    return { status: answer.statusCode ?? 0, headers: headersOf(answer), address, body: answer }
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}

const portOf = ({ port, protocol }: URL): number => Number(port) || (protocol === 'http:' ? 80 : 443)

/** Makes clients that go out as the company's network wants it. Connections are kept open until the client is disposed of. */
export const companyStream = (): ((company: CompanyNetwork) => StreamClient) => {
  const agents = upstreamAgents()
  return (company) => {
    const ways = new Map<string, Way>()
    const wayTo = (url: URL): Way => {
      const known = ways.get(url.origin)
      if (known !== undefined) return known
      const scheme = url.protocol === 'http:' ? 'http' : 'https'
      const parent = parentFor(company.proxies, { scheme, host: url.hostname, port: portOf(url) })
      const way = { upstream: agents.to(url, company), byProxy: parent !== null }
      ways.set(url.origin, way)
      return way
    }
    return {
      ask: async (url, request) => await ask(wayTo(url), url, request),
      [Symbol.dispose]: () => {
        for (const { upstream } of ways.values()) upstream.retire()
      },
    }
  }
}

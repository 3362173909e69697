import type { IncomingMessage } from 'node:http'
import type { CompanyNetwork } from '../domain/company-network.ts'
import type { PlainFetch, PlainRequest, PlainResponse } from '../domain/plain-fetch.ts'
import { type UpstreamAgents, upstreamAgents } from './upstream-agents.ts'

const LIMIT_MS = 30_000
const MOST_BYTES = 16 * 1024 * 1024
const MOST_REDIRECTS = 5

const bodyOf = async (answer: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of answer as AsyncIterable<Buffer>) {
    size += part.length
    if (size > MOST_BYTES) throw new Error(`its answer is larger than ${MOST_BYTES / 1024 ** 2} MiB`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

const headersOf = (answer: IncomingMessage): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(answer.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const],
    ),
  )

const responseOf = async (url: URL, answer: IncomingMessage): Promise<PlainResponse> => {
  const body = await bodyOf(answer)
  return {
    status: answer.statusCode ?? 0,
    statusText: answer.statusMessage ?? '',
    url: url.href,
    headers: headersOf(answer),
    text: async () => body.toString('utf8'),
    arrayBuffer: async () => new Uint8Array(body).buffer,
  }
}

type Asked = { readonly url: URL; readonly request: PlainRequest; readonly signal: AbortSignal }

const ask = async (agents: UpstreamAgents, company: CompanyNetwork, asked: Asked): Promise<PlainResponse> => {
  const { url, signal } = asked
  const { method, headers, body } = asked.request
  const { request, agent, retire } = agents.to(url, company)
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  request(url, { method, agent, headers: { ...headers, ...length }, signal }, resolve)
    .on('error', reject)
    .end(body)
  try {
    return await responseOf(url, await promise)
  } finally {
    retire()
  }
}

/** Where an answer sends its client, if it stays with this server: a secret in the headers goes nowhere else. */
const redirected = (from: URL, { status, headers }: PlainResponse, { method }: PlainRequest): URL | undefined => {
  const keepsMethod = status === 307 || status === 308
  const moves = (status === 301 || status === 302) && (method === 'GET' || method === 'HEAD')
  const to = headers.get('location')
  if ((!keepsMethod && !moves) || to === undefined || !URL.canParse(to, from.href)) return undefined
  const next = new URL(to, from)
  return next.origin === from.origin ? next : undefined
}

const follow = async (agents: UpstreamAgents, company: CompanyNetwork, asked: Asked): Promise<PlainResponse> => {
  let url = asked.url
  for (let hops = 0; ; hops += 1) {
    const answer = await ask(agents, company, { ...asked, url })
    const next = hops < MOST_REDIRECTS ? redirected(url, answer, asked.request) : undefined
    if (next === undefined) return answer
    url = next
  }
}

/**
 * Makes a fetch that goes out as the company's network wants it, each request on a connection of its own. It rejects with
 * the signal's reason, with the cause of a connection that failed, or with a TimeoutError after `limitMs`.
 */
export const companyFetch = (limitMs = LIMIT_MS): ((company: CompanyNetwork) => PlainFetch) => {
  const agents = upstreamAgents()
  return (company) => async (address, request) => {
    const limit = AbortSignal.timeout(limitMs)
    const signal = request.signal === undefined ? limit : AbortSignal.any([request.signal, limit])
    try {
      return await follow(agents, company, { url: new URL(address), request, signal })
    } catch (error) {
      request.signal?.throwIfAborted()
      throw limit.aborted ? limit.reason : error
    }
  }
}

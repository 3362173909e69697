import type { KeyCheck, TryKey } from './egress.ts'
import { AUTH } from './swap-headers.ts'
import { upstreamAgents } from './upstream-agents.ts'

const LIMIT_MS = 10_000
/** A wrong key is a bad request to one of them. */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403])

const judged = (url: string, status: number): KeyCheck => {
  const detail = `${url} answered ${status}`
  if (status >= 200 && status < 300) return { verdict: 'accepted', detail }
  if (REFUSALS.has(status)) return { verdict: 'refused', detail }
  return { verdict: 'unknown', detail: `${detail}, which does not show if the key is good` }
}

type Asked = Parameters<TryKey>[0]

const headersFor = ({ header, key, headers, body }: Asked) => ({
  ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  ...headers,
  [AUTH[header].name]: AUTH[header].write(key),
  ...(header === 'x-api-key' ? { 'anthropic-version': '2023-06-01' } : {}),
})

/** Tries keys on their model's server, from this machine as the gateway would. */
export const tryKey = (): TryKey => {
  const agents = upstreamAgents()
  const statusOf = (asked: Asked, signal: AbortSignal): Promise<number> =>
    new Promise((resolve, reject) => {
      const to = new URL(asked.url)
      const { request, agent, retire } = agents.to(to, asked.company)
      const { method = 'GET', body } = asked
      const sent = request(to, { method, agent, headers: headersFor(asked), signal }, (answer) => {
        // Its head says all.
        answer.destroy()
        retire()
        resolve(answer.statusCode ?? 0)
      })
      sent.on('error', reject).end(body)
    })
  return async (asked, signal) => {
    const limit = AbortSignal.timeout(LIMIT_MS)
    try {
      return judged(asked.url, await statusOf(asked, AbortSignal.any([signal, limit])))
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      const why = limit.aborted ? `no answer in ${LIMIT_MS / 1000} s` : (code ?? message)
      return { verdict: 'unknown', detail: `${asked.url} could not be asked: ${why}` }
    }
  }
}

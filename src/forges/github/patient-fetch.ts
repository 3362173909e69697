import { BerthError } from '../../domain/errors.ts'
import type { PlainFetch, PlainRequest, PlainResponse } from '../../domain/plain-fetch.ts'
import { pause } from '../../std/abort.ts'
import { formatDuration } from '../../std/duration.ts'
import { rateLimitWait } from './rate-limit.ts'

export type Patience = {
  /** Pauses before another try of a request that got no answer, or an error of the server. */
  readonly delays: readonly number[]
  /** No further try begins after so many milliseconds. */
  readonly triesMs: number
  /** The longest time that is waited for a rate limit, over all waits of a request. */
  readonly limitMs: number
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
}

export const PATIENCE: Patience = { delays: [300, 1000, 3000], triesMs: 20_000, limitMs: 60_000, pause }

/** A second token does no harm; a second pull request does. */
const isRepeatable = (url: string, { method }: PlainRequest): boolean =>
  method === 'GET' || method === 'HEAD' || url.endsWith('/access_tokens')

const isServerError = ({ status }: PlainResponse) => status >= 500

/** What a wait of more than a year stands for: a clock of some proxy, and no limit of GitHub's. */
const LONGEST_MS = 365 * 24 * 3_600_000

const limited = (asked: number): BerthError => {
  const waitMs = Math.min(asked, LONGEST_MS)
  const until = new Date(Date.now() + waitMs).toISOString().replace(/\.\d+Z$/, 'Z')
  return new BerthError(
    'forge-rate-limit',
    `GitHub's rate limit is used up until ${until}, in ${formatDuration(Math.ceil(waitMs / 1000) * 1000)}`,
  )
}

/** Sends until an answer is none of a broken server's; the last answer, or the last error, where there is no end of them. */
const withTries = async (send: () => Promise<PlainResponse>, tries: number, use: Patience, signal: AbortSignal) => {
  const began = Date.now()
  for (let i = 0; ; i += 1) {
    const isLast = i >= tries || Date.now() - began > use.triesMs
    try {
      const answer = await send()
      if (isLast || !isServerError(answer)) return answer
    } catch (error) {
      signal.throwIfAborted()
      if (isLast) throw error
    }
    await use.pause(use.delays[i] ?? 0, signal)
  }
}

/**
 * A fetch that waits: for a server that is broken for a moment, if the request may be sent twice, and for a rate limit, in
 * bounds. Rejects with forge-rate-limit where that wait would be longer.
 */
export const patientFetch =
  (fetch: PlainFetch, onWait: (ms: number) => void, use: Patience = PATIENCE): PlainFetch =>
  async (url, request) => {
    const signal = request.signal ?? new AbortController().signal
    const tries = isRepeatable(url, request) ? use.delays.length : 0
    let left = use.limitMs
    for (;;) {
      const answer = await withTries(() => fetch(url, request), tries, use, signal)
      const wait = await rateLimitWait(answer)
      if (wait === null) return answer
      // A wait of no time would ask for ever.
      const ms = Math.max(1000, wait)
      if (ms > left) throw limited(ms)
      left -= ms
      onWait(ms)
      await use.pause(ms, signal)
    }
  }

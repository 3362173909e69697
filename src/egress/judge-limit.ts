import type { IncomingHttpHeaders } from 'node:http'
import { errorDetails } from './error-body.ts'
import { errorText } from './error-text.ts'
import { namedTime, windowTime } from './named-time.ts'

/** What a 429 says. `time`: when to come again, ms since the epoch; null where it does not tell. */
export type LimitVerdict =
  /** The CLI waits and tries again by itself. */
  | { readonly kind: 'busy' }
  /** Later, or as late as a CLI should not wait for it. */
  | { readonly kind: 'later'; readonly time: number | null }
  /** What is paid for does not include it. */
  | { readonly kind: 'not-included' }

type Clock = { readonly now: number; readonly retryAfterMs: number }

/** Gemini waits for these by itself, however long; for others of the kind it gives up at once. */
const GEMINI_WAITS = /\bexhausted your capacity\b/i

/** The window of a subscription is spent. All CLIs but Gemini's then give up at once, or are silent until it opens. */
const isSpent = (headers: IncomingHttpHeaders, body: string): boolean =>
  errorText(body).code === 'usage_limit_reached' ||
  headers['anthropic-ratelimit-unified-status'] === 'rejected' ||
  errorDetails(body).some(({ reason }) => reason === 'QUOTA_EXHAUSTED')

export const judgeLimit = (headers: IncomingHttpHeaders, body: string, { now, retryAfterMs }: Clock): LimitVerdict => {
  const { code, text } = errorText(body)
  if (code === 'usage_not_included') return { kind: 'not-included' }
  const isLate = (time: number | null) => time !== null && time - now > retryAfterMs
  if (!isSpent(headers, body)) {
    const time = namedTime(headers, body, now)
    return isLate(time) ? { kind: 'later', time } : { kind: 'busy' }
  }
  const opens = windowTime(headers, body, now)
  if (GEMINI_WAITS.test(text) && opens !== null && !isLate(opens)) return { kind: 'busy' }
  // By a clock that differs it is over already, and the next answer would say the same.
  const time = opens !== null && opens <= now ? now + retryAfterMs : opens
  return { kind: 'later', time }
}

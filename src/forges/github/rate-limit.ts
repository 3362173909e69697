import type { PlainResponse } from '../../domain/plain-fetch.ts'

/** GitHub's advice where it gives no time: a minute. */
const UNNAMED_MS = 60_000

const seconds = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined

/**
 * Milliseconds until GitHub takes requests again, by its own clock; null where the answer is no rate limit. The primary
 * limit names the time when it is reset, a secondary one mostly a pause.
 */
export const rateLimitWait = async (answer: PlainResponse): Promise<number | null> => {
  const { status, headers } = answer
  if (status !== 403 && status !== 429) return null
  const pause = seconds(headers.get('retry-after'))
  if (pause !== undefined) return pause * 1000
  const reset = seconds(headers.get('x-ratelimit-reset'))
  if (headers.get('x-ratelimit-remaining') === '0' && reset !== undefined) {
    const date = Date.parse(headers.get('date') ?? '')
    return Math.max(0, reset * 1000 - (Number.isNaN(date) ? Date.now() : date))
  }
  if (status === 429 || /rate limit/i.test(await answer.text())) return UNNAMED_MS
  return null
}

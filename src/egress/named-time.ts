import type { IncomingHttpHeaders } from 'node:http'

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const parse = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** A header's number of seconds, or its date. */
const byHeader = (text: string | undefined, now: number): number | null => {
  if (text === undefined) return null
  const time = /^\s*\d+(\.\d+)?\s*$/.test(text) ? now + Number(text) * 1000 : Date.parse(text)
  return Number.isNaN(time) ? null : time
}

const seconds = (value: unknown): number | null => {
  const text = typeof value === 'string' ? (/^(\d+(?:\.\d+)?)s$/.exec(value)?.[1] ?? '') : value
  return (typeof text === 'number' && Number.isFinite(text)) || (typeof text === 'string' && text !== '')
    ? Number(text) * 1000
    : null
}

/** A spent window in the body: seconds from now, or since the epoch. */
const byBody = (body: string, now: number): number | null => {
  const outer = parse(body)
  const first: unknown = Array.isArray(outer) ? outer[0] : outer
  const error = isRecord(first) && isRecord(first['error']) ? first['error'] : {}
  const ms = seconds(error['resets_in_seconds'])
  if (ms !== null) return now + ms
  const at = seconds(error['resets_at'])
  if (at !== null) return at
  const details: readonly unknown[] = Array.isArray(error['details']) ? error['details'] : []
  const delays = details.flatMap((detail) => (isRecord(detail) ? (seconds(detail['retryDelay']) ?? []) : []))
  return delays[0] === undefined ? null : now + delays[0]
}

/**
 * When an answer says to come again, ms since the epoch; null where it names no time. `retry-after`, the end of a
 * subscription's window in `anthropic-ratelimit-unified-reset`, and `resets_in_seconds`, `resets_at` and `retryDelay` in
 * the bodies of the model APIs.
 */
export const namedTime = (headers: IncomingHttpHeaders, body: string, now: number): number | null => {
  const after = byHeader(headers['retry-after'], now)
  if (after !== null) return after
  const reset = headers['anthropic-ratelimit-unified-reset']
  const window = typeof reset === 'string' && /^\d{1,12}$/.test(reset) ? Number(reset) * 1000 : null
  return window ?? byBody(body, now)
}

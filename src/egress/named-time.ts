import type { IncomingHttpHeaders } from 'node:http'
import { asFields, errorBody, errorDetails } from './error-body.ts'

type Time = number | null

/** A header's number of seconds, or its date. */
const byHeader = (text: string | undefined, now: number): Time => {
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

/** A header's time, in seconds since the epoch. */
const epoch = (value: string | readonly string[] | undefined): Time =>
  typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) * 1000 : null

/** In the body: seconds from now, or since the epoch. */
const byBody = (body: string, now: number): Time => {
  const error = asFields(errorBody(body)['error'])
  const ms = seconds(error['resets_in_seconds'])
  if (ms !== null) return now + ms
  const at = seconds(error['resets_at'])
  if (at !== null) return at
  const delays = errorDetails(body).flatMap((detail) => seconds(detail['retryDelay']) ?? [])
  return delays[0] === undefined ? null : now + delays[0]
}

const CODEX_WINDOWS = ['primary', 'secondary'] as const

/** Of codex's windows, the one that is spent, or the first. */
const codexWindow = (headers: IncomingHttpHeaders): Time => {
  const isSpent = (window: string) => Number(headers[`x-codex-${window}-used-percent`]) >= 100
  const window = CODEX_WINDOWS.find(isSpent) ?? CODEX_WINDOWS[0]
  return epoch(headers[`x-codex-${window}-reset-at`])
}

/** The end of Anthropic's window of a subscription, unless that is open. */
const anthropicWindow = (headers: IncomingHttpHeaders): Time => {
  const status = headers['anthropic-ratelimit-unified-status'] ?? 'rejected'
  return status === 'rejected' ? epoch(headers['anthropic-ratelimit-unified-reset']) : null
}

/** When the window of a subscription opens again, ms since the epoch; null where the answer does not tell. */
export const windowTime = (headers: IncomingHttpHeaders, body: string, now: number): Time =>
  anthropicWindow(headers) ?? byBody(body, now) ?? codexWindow(headers) ?? byHeader(headers['retry-after'], now)

/**
 * When an answer says to come again, ms since the epoch; null where it names no time. `retry-after`, the end of a
 * subscription's window in `anthropic-ratelimit-unified-reset`, and `resets_in_seconds`, `resets_at` and `retryDelay` in
 * the bodies of the model APIs.
 */
export const namedTime = (headers: IncomingHttpHeaders, body: string, now: number): Time =>
  byHeader(headers['retry-after'], now) ?? anthropicWindow(headers) ?? byBody(body, now)

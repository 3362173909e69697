import { BerthError } from '../../domain/errors.ts'
import { errorMessage } from '../../std/error-message.ts'
import type { Call } from './call.ts'

/** An engine as messages name it: `docker at unix:///var/run/docker.sock`. */
export type Label = string

const PERMISSION = new Set(['EACCES', 'EPERM'])
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket',
  ECONNREFUSED: 'nothing listens there',
  ENOTSOCK: 'that is not a socket',
  EACCES: 'this user may not use the socket',
  EPERM: 'this user may not use the socket',
  ENOTFOUND: 'there is no such host',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''

/** A failed connection as a user's error: no permission, or not running. */
export const connectionError = (label: Label, call: Call, error: unknown): BerthError => {
  if (error instanceof BerthError) return error
  const code = codeOf(error)
  const reason = REASONS[code] ?? errorMessage(error)
  const message = `${label} does not answer: ${reason} (${call.doing})`
  return new BerthError(PERMISSION.has(code) ? 'engine-permission' : 'engine-down', message, { cause: error })
}

export const timeoutError = (label: Label, call: Call): BerthError =>
  new BerthError('engine-timeout', `${label} gave no answer in ${(call.limitMs ?? 0) / 1000} s (${call.doing})`)

/** An answer that is an error, with the engine's own words. */
export const statusError = (label: Label, call: Call, status: number, words: string): BerthError =>
  new BerthError('engine-error', `${label}: ${call.doing}: ${words === '' ? `status ${status}` : words}`)

/** The engine's words in the body of an answer. */
export const wordsOf = (body: Buffer): string => {
  const text = body.toString('utf8').trim()
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && 'message' in parsed) return String(parsed.message).trim()
  } catch {
    return text.slice(0, 1000)
  }
  return text.slice(0, 1000)
}

import type { IncomingHttpHeaders } from 'node:http'
import type { GatewayLine } from './egress.ts'
import { errorText } from './error-text.ts'
import { http } from './http.ts'
import { namedTime } from './named-time.ts'

type Answer = {
  readonly method: string
  readonly path: string
  readonly upstream: string
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}
export type Verdict = {
  readonly class: NonNullable<GatewayLine['class']>
  readonly fatal: boolean
  readonly message: string
  readonly retryAt?: string
}

const UNKNOWN_MODEL_CODES = new Set(['model_not_found', 'unknown_model', 'invalid_model', 'model_not_supported'])
const UNKNOWN_MODEL_WORDS =
  /\bmodel\b[^.]{0,120}\b(?:does not exist|not found)\b|\b(?:unknown|invalid|no such) model\b/i
/** The last that a date can be. */
const LAST_TIME = 8.64e15
/** Side paths that not every server has; the CLIs do without them. */
const OPTIONAL_PATH = /(?:count_?tokens|input_tokens|compact)$/i

const unknownModel = ({ status, path }: Answer, error: ReturnType<typeof errorText>): boolean =>
  status === 404
    ? !OPTIONAL_PATH.test(path)
    : status === 400 && (UNKNOWN_MODEL_CODES.has(error.code) || UNKNOWN_MODEL_WORDS.test(error.text))

/** An error answer in one sentence, with the upstream's own words. */
export const describeAnswer = ({ method, path, upstream, status, body }: Answer): string => {
  const { text } = errorText(body)
  const answered = `the model at ${upstream} answered ${status} ${http.STATUS_CODES[status] ?? ''}`.trimEnd()
  return `${answered} to ${method} ${path}${text === '' ? '' : `: ${text}`}`
}

/**
 * What an error answer means for the turn; null where it is the CLI's to retry or to report. Only POST counts: every
 * request for an answer is one, and what an agent looks up beside that must not end its turn.
 */
export const judgeAnswer = (
  answer: Answer,
  { now, retryAfterMs }: { readonly now: number; readonly retryAfterMs: number },
): Verdict | null => {
  if (answer.method !== 'POST') return null
  const message = describeAnswer(answer)
  if (answer.status === 401 || answer.status === 403) return { class: 'auth', fatal: true, message }
  if (unknownModel(answer, errorText(answer.body))) return { class: 'model', fatal: true, message }
  if (answer.status !== 429) return null
  const retryAfter = answer.headers['retry-after']
  const wait = retryAfter === undefined ? '' : ` (retry-after: ${retryAfter})`
  const limited = { class: 'rate-limit', message: `${message}${wait}` } as const
  const time = namedTime(answer.headers, answer.body, now)
  if (time === null || time - now <= retryAfterMs) return { ...limited, fatal: false }
  // A CLI would wait for it in silence, for hours where it is told so.
  return { ...limited, fatal: true, retryAt: new Date(Math.min(time, LAST_TIME)).toISOString() }
}

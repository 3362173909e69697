import type { IncomingHttpHeaders } from 'node:http'
import { loginCommand } from '../domain/login-name.ts'
import type { GatewayLine } from './egress.ts'
import { errorText } from './error-text.ts'
import { http } from './http.ts'
import { judgeLimit } from './judge-limit.ts'

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
/** Of Gemini's subscription, what it asks beside its answers and its start. */
const SIDE_PATH = /\/v1internal:(?!streamGenerateContent$|generateContent$|loadCodeAssist$|onboardUser$)/

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

type Circumstances = {
  readonly now: number
  readonly retryAfterMs: number
  /** The login whose token was sent. `notRenewed`: why there is no other token. */
  readonly login?: { readonly name: string; readonly notRenewed?: string }
}

/** What a person has to settle. */
const refused = (message: string, { login }: Circumstances): Verdict => {
  if (login === undefined) return { class: 'auth', fatal: true, message }
  const { name, notRenewed } = login
  const why = notRenewed === undefined ? '' : `: ${notRenewed}`
  const [provider = '', own = ''] = name.split('/')
  const command = loginCommand({ provider, name: own })
  const advice = why.includes(command) ? '' : `; to log in again: ${command}`
  return { class: 'auth', fatal: true, message: `${message}; login ${name}${why}${advice}` }
}

const limited = (answer: Answer, message: string, circumstances: Circumstances): Verdict => {
  const judged = judgeLimit(answer.headers, answer.body, circumstances)
  if (judged.kind === 'not-included') return refused(message, circumstances)
  const retryAfter = answer.headers['retry-after']
  const wait = retryAfter === undefined ? '' : ` (retry-after: ${retryAfter})`
  const verdict = { class: 'rate-limit', message: `${message}${wait}` } as const
  if (judged.kind === 'busy') return { ...verdict, fatal: false }
  // A CLI would wait for it in silence, for hours where it is told so.
  if (judged.time === null) return { ...verdict, fatal: true }
  return { ...verdict, fatal: true, retryAt: new Date(Math.min(judged.time, LAST_TIME)).toISOString() }
}

/**
 * What an error answer means for the turn; null where it is the CLI's to retry or to report. Only POST counts: every
 * request for an answer is one, and what an agent looks up beside that must not end its turn.
 */
export const judgeAnswer = (answer: Answer, circumstances: Circumstances): Verdict | null => {
  if (answer.method !== 'POST' || SIDE_PATH.test(answer.path)) return null
  const message = describeAnswer(answer)
  if (answer.status === 401 || answer.status === 403) return refused(message, circumstances)
  if (unknownModel(answer, errorText(answer.body))) return { class: 'model', fatal: true, message }
  return answer.status === 429 ? limited(answer, message, circumstances) : null
}

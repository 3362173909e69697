/**
 * The issuer's answer to a refresh, as it came, beside `login.json`. The refresher writes it before it tells anybody, and
 * the supervisor puts it into the login: a supervisor that is killed in between loses no token.
 */
export type LoginAnswer = {
  readonly v: 1
  /** `loginVersion` of the login that was refreshed. */
  readonly version: string
  /** ISO 8601: when the answer came. */
  readonly at: string
  /** 200, or the status of a refusal. */
  readonly status: number
  /** The JSON of the answer. */
  readonly body: unknown
}

/** Names in the folder of a login. */
export const LOGIN_FILE = 'login.json'
export const ANSWER_FILE = 'answer.json'
export const LOGIN_LOCK = 'lock'
/** No file of a login is larger. */
export const MOST_LOGIN_BYTES = 256 * 1024

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined

/** What an issuer says of an error: OAuth's fields, or an object with a message. Empty for an answer that is no refusal. */
export const refusalWords = (body: unknown): string => {
  const error = field(body, 'error')
  const words = [
    field(error, 'message'),
    field(body, 'error_description'),
    error,
    field(error, 'code'),
    field(error, 'type'),
  ]
  return words.map(text).find((one) => one !== '') ?? ''
}

import { BerthError } from '../../domain/errors.ts'
import { errorMessage } from '../../std/error-message.ts'
import { maskKeys } from '../../std/mask-keys.ts'
import { terminalLine } from '../../std/terminal-safe.ts'

/** An answer of GitHub that is none of success. */
export type Refusal = {
  readonly status: number
  /** GitHub's own words. */
  readonly words: string
  readonly headers: Readonly<Record<string, string | undefined>>
}

type Answered = { readonly headers?: Refusal['headers']; readonly data?: unknown }

const wordsOf = (data: unknown): string => {
  const { message, errors } = (typeof data === 'object' && data !== null ? data : {}) as {
    readonly message?: unknown
    readonly errors?: unknown
  }
  const details = (Array.isArray(errors) ? errors : []).flatMap((one: unknown) => {
    if (typeof one === 'string') return [one]
    const { message: own, field, code } = (one ?? {}) as { message?: string; field?: string; code?: string }
    return [own ?? [field, code].filter((word) => word !== undefined).join(' ')]
  })
  const words = [message, ...details].filter((word) => typeof word === 'string' && word !== '').join(': ')
  return maskKeys(terminalLine(words)).slice(0, 500)
}

/** What GitHub answered, where an error of Octokit has it; undefined for an error without an answer. */
export const refusalOf = (error: unknown): Refusal | undefined => {
  const { status, response } = (error ?? {}) as { readonly status?: unknown; readonly response?: Answered }
  if (typeof status !== 'number' || response === undefined) return undefined
  return { status, words: wordsOf(response.data), headers: response.headers ?? {} }
}

/** What GitHub answered, for a message. */
export const answered = ({ status, words }: Refusal): string => (words === '' ? `${status}` : `${status}: ${words}`)

const CAUSES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be looked up',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  ...Object.fromEntries(
    [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ].map((code) => [code, 'its certificate is of an authority that this machine does not trust, see ca-file']),
  ),
}

/** No answer came. `what`: what Berth tried. */
export const unreachable = (what: string, error: unknown): BerthError => {
  const { cause } = error as { readonly cause?: unknown }
  const origin = cause instanceof Error ? cause : error
  const { code = '', name } = origin as { readonly code?: string; readonly name?: string }
  const why = name === 'TimeoutError' ? 'no answer in time' : (CAUSES[code] ?? errorMessage(origin))
  return new BerthError('forge-unreachable', `${what}: ${maskKeys(why)}${code === '' ? '' : ` (${code})`}`, {
    cause: origin,
  })
}

/** The answer is none of GitHub's API: a proxy, or a page to sign in, has answered. */
export const strange = (what: string, why: string): BerthError =>
  new BerthError('forge-unreachable', `${what}: what answered is not GitHub, as ${why}`)

/** An answer that says nothing of the credentials. */
export const refused = (what: string, refusal: Refusal, cause: unknown): BerthError => {
  const code = refusal.status >= 500 ? 'forge-unreachable' : 'forge-refused'
  return new BerthError(code, `${what}: GitHub answered ${answered(refusal)}`, { cause })
}

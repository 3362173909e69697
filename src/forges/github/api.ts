import { BerthError } from '../../domain/errors.ts'
import type { PlainFetch } from '../../domain/plain-fetch.ts'
import type { ForgeCall, ForgePermissions } from '../forge.ts'
import { type Refusal, refusalOf, refused, strange, unreachable } from './api-error.ts'

/** Octokit's request: a route such as `GET /repos/{owner}/{repo}`, then its parameters. It rejects with BerthError. */
export type Request = typeof import('./octokit.ts').request

/** A request in the name of what may do `permissions`; `what` says in messages what Berth does. */
export type RequestFor = (
  asked: {
    readonly repository: string
    readonly permissions: ForgePermissions
    readonly what: string
    /** The request is for the repository itself, so 404 says that the token does not reach it. */
    readonly isLookUp?: true
  },
  call: ForgeCall,
) => Promise<Request>

export type ApiOptions = {
  readonly baseUrl: string
  readonly fetch: PlainFetch
  /** The whole Authorization header. */
  readonly authorization: string
  readonly signal: AbortSignal
  /** What Berth does, for messages. */
  readonly what: string
  /** The error for an answer that is none of success; undefined: the usual one. */
  readonly judge?: (refusal: Refusal, cause: unknown) => BerthError | undefined
  /** Another Authorization header after a refusal that may be the old one's fault; undefined: there is none. */
  readonly renew?: (refusal: Refusal) => Promise<string | undefined>
}

const VERSION = '2022-11-28'

const errorOf = ({ signal, what, judge }: ApiOptions, error: unknown): unknown => {
  if (signal.aborted) return signal.reason
  const { cause } = error as { readonly cause?: unknown }
  const own = [error, cause].find((one) => one instanceof BerthError)
  if (own !== undefined) return own
  const refusal = refusalOf(error)
  if (refusal === undefined) return unreachable(what, error)
  return judge?.(refusal, error) ?? refused(what, refusal, error)
}

/** What Octokit has made of a route and its parameters. */
type Route = { readonly method: string; readonly url: string; readonly headers?: Readonly<Record<string, string>> }

/** Sends once more with another authorization, where the first one is not taken. */
const withRenewal = async ({ renew }: ApiOptions, send: Request, route: Route) => {
  try {
    return await send(route)
  } catch (error) {
    const refusal = refusalOf(error)
    const authorization = refusal === undefined ? undefined : await renew?.(refusal)
    if (authorization === undefined) throw error
    return await send({ ...route, headers: { ...route.headers, authorization } })
  }
}

const NO_CONTENT = 204

/** Refuses a good answer that has no JSON. */
const refuseNoJson = (what: string, { status, data }: { readonly status: number; readonly data: unknown }): void => {
  if (status !== NO_CONTENT && (typeof data !== 'object' || data === null)) throw strange(what, 'it sent no JSON')
}

const isRedirect = ({ status }: { readonly status: number }) => status >= 300 && status < 400

/** A request with an authorization of its own; what GitHub refuses becomes an error for people. */
export const apiRequest = async (options: ApiOptions): Promise<Request> => {
  const { request } = await import('./octokit.ts')
  const { baseUrl, fetch, authorization, signal, what } = options
  return request.defaults({
    baseUrl,
    headers: { authorization, 'user-agent': 'berth', 'x-github-api-version': VERSION },
    request: {
      fetch,
      signal,
      log: { warn: () => undefined },
      hook: async (send: Request, route: Route) => {
        try {
          const answer = await withRenewal(options, send, route)
          if (isRedirect(answer))
            throw new BerthError('forge-refused', `${what}: GitHub answered ${answer.status}, and no place there`)
          refuseNoJson(what, answer)
          return answer
        } catch (error) {
          throw errorOf(options, error)
        }
      },
    },
  }) as Request
}

/** Milliseconds that this machine's clock is ahead of GitHub's, which tells whole seconds. */
export const clockAhead = ({ date }: { readonly date?: string | undefined }): number | null => {
  const told = Date.parse(date ?? '')
  if (Number.isNaN(told)) return null
  const ahead = Date.now() - told
  return ahead >= 0 && ahead < 1000 ? 0 : ahead
}

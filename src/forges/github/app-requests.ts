import type { BerthError } from '../../domain/errors.ts'
import type { GitHubApp } from '../../domain/github-settings.ts'
import type { PlainFetch } from '../../domain/plain-fetch.ts'
import type { ForgeCall } from '../forge.ts'
import { apiRequest, type Request } from './api.ts'
import type { Refusal } from './api-error.ts'
import { appError } from './app-error.ts'
import { appKey } from './app-key.ts'

export type AppDeps = {
  readonly app: GitHubApp
  readonly baseUrl: string
  readonly fetch: (call: ForgeCall) => PlainFetch
  /** The text of the private key. Rejects with app-key. */
  readonly readKey: (call: ForgeCall) => Promise<string>
}

type Judge = (refusal: Refusal, cause: unknown) => BerthError | undefined

export type AsApp = (what: string, call: ForgeCall, judge?: Judge) => Promise<Request>

/** Asks in the App's own name, with a JWT that is signed for each request. */
export const appRequests =
  ({ app, baseUrl, fetch, readKey }: AppDeps): AsApp =>
  async (what, call, judge) => {
    const { createAppAuth } = await import('./octokit.ts')
    const privateKey = appKey(await readKey(call), app.key)
    const { token } = await createAppAuth({ appId: app.appId, privateKey })({ type: 'app' })
    return await apiRequest({
      baseUrl,
      fetch: fetch(call),
      what,
      authorization: `bearer ${token}`,
      signal: call.signal,
      judge: (refusal, cause) => appError({ appId: app.appId, baseUrl }, refusal, cause) ?? judge?.(refusal, cause),
    })
  }

import { BerthError } from '../../domain/errors.ts'
import type { GitHubApp } from '../../domain/github-settings.ts'
import type { PlainFetch } from '../../domain/plain-fetch.ts'
import type { ForgeCall, ForgePermissions } from '../forge.ts'
import { apiRequest, type Request } from './api.ts'
import { answered, type Refusal } from './api-error.ts'
import { appError } from './app-error.ts'
import { appKey } from './app-key.ts'
import { slug } from './repository-of.ts'

export type AppDeps = {
  readonly app: GitHubApp
  readonly baseUrl: string
  readonly fetch: (call: ForgeCall) => PlainFetch
  /** The text of the private key. Rejects with app-key. */
  readonly readKey: (call: ForgeCall) => Promise<string>
}

/** A token as GitHub gave it, and how long it lives by GitHub's own clock. */
export type MintedToken = { readonly value: string; readonly expiresAt: string; readonly lifeMs: number }

type Judge = (refusal: Refusal, cause: unknown) => BerthError | undefined

const notInstalled = (app: GitHubApp, repository: string, refusal: Refusal, cause: unknown) =>
  new BerthError(
    'app-not-installed',
    `the App ${app.appId} is not installed for ${repository}, or there is no such repository: GitHub answered ${answered(refusal)}`,
    { cause },
  )

/** What GitHub's words for an App's token in one repository mean. */
const mintJudge =
  (app: GitHubApp, repository: string, permissions: Readonly<Record<string, string>>): Judge =>
  (refusal, cause) => {
    const { status, words } = refusal
    if (status === 404) return notInstalled(app, repository, refusal, cause)
    if (status !== 422) return undefined
    if (/permission/i.test(words)) {
      const wanted = Object.entries(permissions).map(([name, level]) => `${name}: ${level}`)
      return new BerthError(
        'app-permission',
        `the App ${app.appId} may not have ${wanted.join(', ')} in ${repository}: GitHub answered ${answered(refusal)}`,
        { cause },
      )
    }
    return /repositor/i.test(words) ? notInstalled(app, repository, refusal, cause) : undefined
  }

/** The names that GitHub has for permissions. */
export const githubPermissions = ({ contents, pullRequests, checks }: ForgePermissions) => ({
  contents,
  metadata: 'read' as const,
  ...(pullRequests === undefined ? {} : { pull_requests: pullRequests }),
  ...(checks === undefined ? {} : { checks, statuses: checks }),
})

/** What a GitHub App does in its own name. Rejects as `Forge`. */
export const githubApp = ({ app, baseUrl, fetch, readKey }: AppDeps) => {
  /** The installation of each repository that was asked for. */
  const installations = new Map<string, number>()
  const asApp = async (what: string, call: ForgeCall, judge?: Judge): Promise<Request> => {
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
  const installationOf = async (repository: string, call: ForgeCall): Promise<number> => {
    const known = app.installationId ?? installations.get(repository.toLowerCase())
    if (known !== undefined) return known
    const request = await asApp(`asked GitHub for the App's installation for ${repository}`, call, (refusal, cause) =>
      refusal.status === 404 ? notInstalled(app, repository, refusal, cause) : undefined,
    )
    const { data } = await request('GET /repos/{owner}/{repo}/installation', slug(repository))
    installations.set(repository.toLowerCase(), data.id)
    return data.id
  }
  return {
    /** The App as GitHub has it, which shows that id, key and clock are right. */
    whoAmI: async (call: ForgeCall): Promise<{ readonly name: string; readonly slug: string }> => {
      const { data } = await (await asApp('asked GitHub for the App', call))('GET /app')
      return { name: data?.name ?? '', slug: data?.slug ?? '' }
    },
    mint: async (repository: string, asked: ForgePermissions, call: ForgeCall): Promise<MintedToken> => {
      const installation = await installationOf(repository, call)
      const permissions = githubPermissions(asked)
      const request = await asApp(
        `asked GitHub for a token for ${repository}`,
        call,
        mintJudge(app, repository, permissions),
      )
      try {
        const { data, headers } = await request('POST /app/installations/{installation_id}/access_tokens', {
          installation_id: installation,
          repositories: [slug(repository).repo],
          permissions,
        })
        const answeredAt = Date.parse(headers.date ?? '')
        const lifeMs = Date.parse(data.expires_at) - (Number.isNaN(answeredAt) ? Date.now() : answeredAt)
        return { value: data.token, expiresAt: data.expires_at, lifeMs }
      } catch (error) {
        installations.delete(repository.toLowerCase())
        throw error
      }
    },
  }
}

import { BerthError } from '../../domain/errors.ts'
import type { ForgeCall, ForgeIdentity, ForgePermissions } from '../forge.ts'
import { clockAhead } from './api.ts'
import { strange } from './api-error.ts'
import { installationWarnings } from './app-installations.ts'
import { lacksPermission, mintRefusal, missingPermissions, notInstalled } from './app-refusals.ts'
import { type AppDeps, type AsApp, appRequests } from './app-requests.ts'
import { slug } from './repository-of.ts'

/** A token as GitHub gave it, and how long it lives by GitHub's own clock. */
export type MintedToken = { readonly value: string; readonly expiresAt: string; readonly lifeMs: number }

type Asked = { readonly repository: string; readonly permissions: ForgePermissions }

const isOf = (error: unknown, code: BerthError['code']): error is BerthError =>
  error instanceof BerthError && error.code === code

/** The names that GitHub has for permissions. */
export const githubPermissions = ({ contents, pullRequests, checks, workflows }: ForgePermissions) => ({
  contents,
  metadata: 'read' as const,
  ...(pullRequests === undefined ? {} : { pull_requests: pullRequests }),
  ...(workflows === undefined ? {} : { workflows }),
  ...(checks === undefined ? {} : { checks, statuses: checks }),
})

/** Where the App is installed for a repository. `id`: the repository's, where it was renamed and has no such name any more. */
type Place = { readonly installation: number; readonly id?: number }

/** GitHub sends who asks for an earlier name to the id. */
const idIn = (url: string): number | undefined => {
  const [, id] = /\/repositories\/(\d+)\//.exec(url) ?? []
  return id === undefined ? undefined : Number(id)
}

/** One line, which fits into a header and a file of git. */
const isToken = (token: unknown): boolean => typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)

/** The installations of the repositories that were asked for. */
const appPlaces = ({ app }: AppDeps, asApp: AsApp) => {
  const known = new Map<string, Place>()
  const lookUp = async (repository: string, call: ForgeCall): Promise<Place> => {
    const what = `asked GitHub for the App's installation for ${repository}`
    const request = await asApp(what, call, (refusal, cause) =>
      refusal.status === 404 ? notInstalled(app, repository, refusal, cause) : undefined,
    )
    const { data, url } = await request('GET /repos/{owner}/{repo}/installation', slug(repository))
    const id = idIn(url)
    const found = { installation: app.installationId ?? data.id, ...(id === undefined ? {} : { id }) }
    known.set(repository.toLowerCase(), found)
    return found
  }
  return {
    lookUp,
    forget: (repository: string) => void known.delete(repository.toLowerCase()),
    of: async (repository: string, call: ForgeCall): Promise<Place> => {
      const place = known.get(repository.toLowerCase())
      if (place !== undefined) return place
      return app.installationId === null ? await lookUp(repository, call) : { installation: app.installationId }
    },
  }
}

/** What a GitHub App does in its own name. Rejects as `Forge`. */
export const githubApp = (deps: AppDeps) => {
  const { app } = deps
  const asApp = appRequests(deps)
  const places = appPlaces(deps, asApp)

  const mintAt = async (place: Place, { repository, permissions: wanted }: Asked, call: ForgeCall) => {
    const permissions = githubPermissions(wanted)
    const what = `asked GitHub for a token for ${repository}`
    const request = await asApp(what, call, (refusal, cause) =>
      mintRefusal(app, { repository, permissions }, refusal, cause),
    )
    const { data, headers } = await request('POST /app/installations/{installation_id}/access_tokens', {
      installation_id: place.installation,
      ...(place.id === undefined ? { repositories: [slug(repository).repo] } : { repository_ids: [place.id] }),
      permissions,
    })
    const lifeMs = Date.parse(data.expires_at) - Date.now() + (clockAhead(headers) ?? 0)
    if (!isToken(data.token) || Number.isNaN(lifeMs)) throw strange(what, 'it gave no token with an end')
    return { value: data.token, expiresAt: data.expires_at, lifeMs }
  }

  /** The error with the permissions that are missing, where GitHub tells which ones are there. */
  const withMissing = async (error: BerthError, { repository, permissions }: Asked, place: Place, call: ForgeCall) => {
    try {
      const request = await asApp('asked GitHub for the permissions of the App', call)
      const at = { installation_id: place.installation }
      const { data } = await request('GET /app/installations/{installation_id}', at)
      const missing = missingPermissions(githubPermissions(permissions), data.permissions)
      return missing.length === 0 ? error : lacksPermission(app, missing, repository, error)
    } catch {
      return error
    }
  }

  const mint = async (repository: string, permissions: ForgePermissions, call: ForgeCall): Promise<MintedToken> => {
    const asked = { repository, permissions }
    const place = await places.of(repository, call)
    try {
      return await mintAt(place, asked, call)
    } catch (error) {
      places.forget(repository)
      if (isOf(error, 'app-permission')) throw await withMissing(error, asked, place, call)
      // The installation may be another one by now, and the repository have another name.
      const again = isOf(error, 'app-not-installed') ? await places.lookUp(repository, call) : place
      if (again.installation === place.installation && again.id === place.id) throw error
      return await mintAt(again, asked, call)
    }
  }

  return {
    mint,
    /** GitHub tells it if id, key and clock are right; then where the App is installed. */
    whoAmI: async (call: ForgeCall): Promise<ForgeIdentity> => {
      const { data, headers } = await (await asApp('asked GitHub for the App', call))('GET /app')
      const warnings = await installationWarnings(app, asApp, call)
      return { name: data?.slug ?? null, clockAhead: clockAhead(headers), warnings }
    },
  }
}

import { BerthError } from './errors.ts'

/** The table `[github]` of the settings, as it stands; null: not set. */
export type GitHubSettings = {
  readonly appId: string | null
  readonly installationId: number | null
  /** The path of a PEM file, or a reference. */
  readonly privateKey: string | null
  /** Null: github.com's. */
  readonly apiUrl: string | null
  /** A reference. */
  readonly token: string | null
  /** Look up the default branch of `owner/name`. */
  readonly defaultBranch: boolean
}

export const NO_GITHUB: GitHubSettings = {
  appId: null,
  installationId: null,
  privateKey: null,
  apiUrl: null,
  token: null,
  defaultBranch: false,
}

/** The App that Berth is at GitHub. `key` is the path of a PEM file, or a reference. */
export type GitHubApp = { readonly appId: string; readonly key: string; readonly installationId: number | null }

/** What Berth proves itself with: an App, or a person's token by its reference. */
export type GitHubAccess =
  | { readonly kind: 'app'; readonly app: GitHubApp }
  | { readonly kind: 'token'; readonly reference: string }

const both = () =>
  new BerthError('config-invalid', '[github] sets both an App and a token: Berth cannot know which one to use', {
    hint: 'Keep app-id and private-key for an App, or token for a person: `berth config unset github.token`.',
  })

const lacking = (there: string, lacks: string) =>
  new BerthError('config-invalid', `[github] ${lacks} is missing: ${there} is set, and an App needs both`, {
    hint: `Set it with \`berth config set github.${lacks} VALUE\`; docs/github.md says where to find it.`,
  })

/** Null: no App and no token is set. Throws config-invalid with the names of what is missing or too much. */
export const githubAccess = (settings: GitHubSettings): GitHubAccess | null => {
  const { appId, privateKey, installationId, token } = settings
  if (token !== null) {
    if (appId !== null || privateKey !== null || installationId !== null) throw both()
    return { kind: 'token', reference: token }
  }
  if (appId === null && privateKey === null) {
    if (installationId !== null) throw lacking('installation-id', 'app-id')
    return null
  }
  if (appId === null) throw lacking('private-key', 'app-id')
  if (privateKey === null) throw lacking('app-id', 'private-key')
  return { kind: 'app', app: { appId, key: privateKey, installationId } }
}

const GITHUB_API = 'https://api.github.com'

export const githubApiUrl = (settings: GitHubSettings): string => settings.apiUrl ?? GITHUB_API

/** HOST[:PORT] of the git URLs that belong to an API. */
export const githubHost = (settings: GitHubSettings): string => {
  const { host, pathname } = new URL(githubApiUrl(settings))
  return pathname === '/' ? host.replace(/^api\./, '') : host
}

import { BerthError } from '../../domain/errors.ts'
import type { GitHubAccess } from '../../domain/github-settings.ts'
import type { PlainFetch } from '../../domain/plain-fetch.ts'
import type { Forge, ForgeCall, ForgePermissions, ForgeRepository, ForgeToken } from '../forge.ts'
import { apiRequest, type RequestFor } from './api.ts'
import { answered, type Refusal } from './api-error.ts'
import { githubApp } from './app.ts'
import { pullRequests } from './pull-requests.ts'
import { repositoryOf } from './repository-of.ts'
import { tokenCache } from './token-cache.ts'

export type GitHubDeps = {
  readonly access: GitHubAccess
  readonly baseUrl: string
  /** HOST[:PORT] of its git URLs. */
  readonly host: string
  /** The way out of the company's network, as the caller's environment and the settings have it. */
  readonly fetch: (call: ForgeCall) => PlainFetch
  /** The text of an App's private key: a path, or a reference. Rejects with app-key. */
  readonly readKey: (key: string, call: ForgeCall) => Promise<string>
  /** The secret behind a reference. Rejects with no-credentials. */
  readonly readToken: (reference: string, call: ForgeCall) => Promise<string>
  readonly log: (line: Readonly<Record<string, unknown>>) => void
}

type Asked = { readonly repository: string; readonly permissions: ForgePermissions }

/** git sends it beside a token, and GitHub reads the token alone. */
const USER = 'x-access-token'

type Tokens = { take(asked: Asked, call: ForgeCall): Promise<ForgeToken>; drop(value: string): void }

const appTokens = ({ access, baseUrl, fetch, readKey, log }: GitHubDeps): Tokens | undefined => {
  if (access.kind !== 'app') return undefined
  const app = githubApp({ app: access.app, baseUrl, fetch, readKey: (call) => readKey(access.app.key, call) })
  const cache = tokenCache({
    mint: app.mint,
    onMinted: ({ repository, permissions }, { expiresAt }) =>
      log({ level: 'info', msg: 'forge token', repository, permissions, expiresAt }),
  })
  return {
    drop: cache.drop,
    take: async (asked, call) => {
      const { value, expiresAt, refreshAt } = await cache.take(asked, call)
      return { value, user: USER, expiresAt, refreshAt: new Date(refreshAt).toISOString() }
    },
  }
}

const ownTokens = ({ access, readToken }: GitHubDeps): Tokens => ({
  drop: () => undefined,
  take: async (_, call) => {
    const reference = access.kind === 'token' ? access.reference : ''
    return { value: await readToken(reference, call), user: USER, expiresAt: null, refreshAt: null }
  },
})

/** What GitHub's refusal of a request with a token means. */
const denied = (deps: GitHubDeps, { repository }: Asked, refusal: Refusal, cause: unknown): BerthError | undefined => {
  const { status, words } = refusal
  const isApp = deps.access.kind === 'app'
  const says = `${repository}: GitHub answered ${answered(refusal)}`
  if (status === 403 && /not accessible by integration/i.test(words))
    return new BerthError('app-permission', `the App may not do this in ${says}`, { cause })
  if (
    status === 401 ||
    (status === 403 && /not accessible by personal access token/i.test(words)) ||
    (status === 404 && !isApp)
  )
    return new BerthError('forge-denied', `the ${isApp ? "App's token" : 'token'} does not reach ${says}`, { cause })
  return undefined
}

const requestFor =
  (deps: GitHubDeps, tokens: Tokens): RequestFor =>
  async ({ what, ...asked }, call) => {
    const { value } = await tokens.take(asked, call)
    return await apiRequest({
      baseUrl: deps.baseUrl,
      fetch: deps.fetch(call),
      authorization: `token ${value}`,
      signal: call.signal,
      what,
      judge: (refusal, cause) => {
        if (refusal.status === 401) tokens.drop(value)
        return denied(deps, asked, refusal, cause)
      },
    })
  }

/** GitHub, or a GitHub Enterprise Server, with an App's or a person's credentials. */
export const github = (deps: GitHubDeps): Forge => {
  const tokens = appTokens(deps) ?? ownTokens(deps)
  const requests = requestFor(deps, tokens)
  const repository = async (name: string, call: ForgeCall): Promise<ForgeRepository> => {
    const [owner = '', repo = ''] = name.split('/')
    const what = `asked GitHub for the repository ${name}`
    const request = await requests({ repository: name, permissions: { contents: 'read' }, what }, call)
    const { data } = await request('GET /repos/{owner}/{repo}', { owner, repo })
    return { name: data.full_name, defaultBranch: data.default_branch ?? null, archived: data.archived }
  }
  return {
    id: 'github',
    host: deps.host,
    repositoryOf: (url) => repositoryOf(deps.host, url),
    check: async (asked, call) => {
      await tokens.take(asked, call)
      await repository(asked.repository, call)
    },
    repository,
    token: (asked, call) => tokens.take(asked, call),
    pullRequests: pullRequests(requests),
  }
}

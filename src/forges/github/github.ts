import { BerthError } from '../../domain/errors.ts'
import type { GitHubAccess, GitHubApp } from '../../domain/github-settings.ts'
import type { PlainFetch } from '../../domain/plain-fetch.ts'
import type { Forge, ForgeCall, ForgePermissions, ForgeRepository, ForgeToken } from '../forge.ts'
import { apiRequest, type RequestFor } from './api.ts'
import { answered, type Refusal } from './api-error.ts'
import { githubApp } from './app.ts'
import { knownAnswers } from './known-answers.ts'
import { type Patience, patientFetch } from './patient-fetch.ts'
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
  /** Absent: the usual. */
  readonly patience?: Patience
}

type Asked = { readonly repository: string; readonly permissions: ForgePermissions }

/** git sends it beside a token, and GitHub reads the token alone. */
const USER = 'x-access-token'

type Tokens = (asked: Asked & { readonly refused?: string }, call: ForgeCall) => Promise<ForgeToken>

const appTokens = (deps: GitHubDeps, app: GitHubApp): Tokens => {
  const { baseUrl, fetch, readKey, log } = deps
  const { mint } = githubApp({ app, baseUrl, fetch, readKey: (call) => readKey(app.key, call) })
  const take = tokenCache({
    mint,
    onMinted: ({ repository, permissions }, { expiresAt }) =>
      log({ level: 'info', msg: 'forge token', repository, permissions, expiresAt }),
  })
  return async (asked, call) => {
    const { value, expiresAt, refreshAt } = await take(asked, call)
    return { value, user: USER, expiresAt, refreshAt: new Date(refreshAt).toISOString() }
  }
}

const ownToken =
  ({ readToken }: GitHubDeps, reference: string): Tokens =>
  async (_, call) => ({ value: await readToken(reference, call), user: USER, expiresAt: null, refreshAt: null })

const tokensOf = (deps: GitHubDeps): Tokens =>
  deps.access.kind === 'app' ? appTokens(deps, deps.access.app) : ownToken(deps, deps.access.reference)

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
    const { value } = await tokens(asked, call)
    return await apiRequest({
      baseUrl: deps.baseUrl,
      fetch: deps.fetch(call),
      authorization: `token ${value}`,
      signal: call.signal,
      what,
      judge: (refusal, cause) => denied(deps, asked, refusal, cause),
      renew: async () => {
        const newer = await tokens({ ...asked, refused: value }, call)
        return newer.value === value ? undefined : `token ${newer.value}`
      },
    })
  }

/** The way out, with patience, and with the answers that are known. */
const patientDeps = (deps: GitHubDeps): GitHubDeps => {
  const withKnown = knownAnswers()
  const onWait = (ms: number) => deps.log({ level: 'info', msg: 'forge rate limit', waitMs: ms })
  return { ...deps, fetch: (call) => withKnown(patientFetch(deps.fetch(call), onWait, deps.patience)) }
}

/** GitHub, or a GitHub Enterprise Server, with an App's or a person's credentials. */
export const github = (given: GitHubDeps): Forge => {
  const deps = patientDeps(given)
  const tokens = tokensOf(deps)
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
      await tokens(asked, call)
      await repository(asked.repository, call)
    },
    repository,
    token: tokens,
    pullRequests: pullRequests(requests),
  }
}

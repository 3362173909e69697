import { BerthError } from '../../domain/errors.ts'
import type { GitHubAccess, GitHubApp } from '../../domain/github-settings.ts'
import type { PlainFetch } from '../../domain/plain-fetch.ts'
import type { Forge, ForgeCall, ForgePermissions, ForgeToken } from '../forge.ts'
import { agentTargets } from './agent-targets.ts'
import { apiRequest, clockAhead, type RequestFor } from './api.ts'
import { answered, type Refusal, strange } from './api-error.ts'
import { githubApp } from './app.ts'
import { commits } from './commits.ts'
import { knownAnswers } from './known-answers.ts'
import { type Patience, patientFetch } from './patient-fetch.ts'
import { pullRequests } from './pull-requests.ts'
import { isRepositoryName, repositoryOf, slug } from './repository-of.ts'
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
  /** Sentences on what is unsafe about the credentials. */
  readonly warnings?: () => readonly string[]
  /** Absent: the usual. */
  readonly patience?: Patience
}

type Asked = { readonly repository: string; readonly permissions: ForgePermissions }

/** git sends it beside a token, and GitHub reads the token alone. */
const USER = 'x-access-token'

type Credentials = {
  readonly take: (asked: Asked & { readonly refused?: string }, call: ForgeCall) => Promise<ForgeToken>
  readonly whoAmI: Forge['whoAmI']
}

const ofApp = (deps: GitHubDeps, app: GitHubApp): Credentials => {
  const { baseUrl, fetch, readKey, log } = deps
  const { mint, whoAmI } = githubApp({ app, baseUrl, fetch, readKey: (call) => readKey(app.key, call) })
  const take = tokenCache({
    mint,
    onMinted: ({ repository, permissions }, { expiresAt }) =>
      log({ level: 'info', msg: 'forge token', repository, permissions, expiresAt }),
  })
  return {
    whoAmI,
    take: async (asked, call) => {
      const { value, expiresAt, refreshAt } = await take(asked, call)
      return { value, user: USER, expiresAt, refreshAt: new Date(refreshAt).toISOString() }
    },
  }
}

const ofPerson = ({ baseUrl, fetch, readToken }: GitHubDeps, reference: string): Credentials => ({
  take: async (_, call) => ({ value: await readToken(reference, call), user: USER, expiresAt: null, refreshAt: null }),
  whoAmI: async (call) => {
    const request = await apiRequest({
      baseUrl,
      fetch: fetch(call),
      authorization: `token ${await readToken(reference, call)}`,
      signal: call.signal,
      what: 'asked GitHub whose the token is',
      judge: ({ status, words }, cause) =>
        status === 401
          ? new BerthError('forge-denied', `GitHub does not take the token: ${words}`, { cause })
          : undefined,
    })
    try {
      const { data, headers } = await request('GET /user')
      return { name: data.login, clockAhead: clockAhead(headers) }
    } catch (error) {
      // The token of a workflow is good, and nobody's.
      if (error instanceof BerthError && /not accessible by integration/i.test(error.message))
        return { name: null, clockAhead: null }
      throw error
    }
  },
})

const credentialsOf = (deps: GitHubDeps): Credentials =>
  deps.access.kind === 'app' ? ofApp(deps, deps.access.app) : ofPerson(deps, deps.access.reference)

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

const isSuspended = ({ status, words }: Refusal) => status === 403 && /suspended/i.test(words)

const requestFor =
  (deps: GitHubDeps, take: Credentials['take']): RequestFor =>
  async ({ what, isLookUp, ...asked }, call) => {
    const { value } = await take(asked, call)
    return await apiRequest({
      baseUrl: deps.baseUrl,
      fetch: deps.fetch(call),
      authorization: `token ${value}`,
      signal: call.signal,
      what,
      judge: (refusal, cause) => denied(deps, asked, refusal, cause),
      // GitHub tells at the next token why an old one is good for nothing.
      renew: async (refusal) => {
        const isOld = refusal.status === 401 || (refusal.status === 404 && isLookUp) || isSuspended(refusal)
        if (!isOld) return undefined
        const newer = await take({ ...asked, refused: value }, call)
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

const mayNotPush = (repository: string) =>
  new BerthError('forge-denied', `the token may not write to ${repository}: GitHub says that it may only read there`)

/** GitHub, or a GitHub Enterprise Server, with an App's or a person's credentials. */
export const github = (given: GitHubDeps): Forge => {
  const deps = patientDeps(given)
  const { take, whoAmI } = credentialsOf(deps)
  const requests = requestFor(deps, take)
  const lookUp = async ({ repository, permissions }: Asked, call: ForgeCall) => {
    const what = `asked GitHub for ${repository}`
    const request = await requests({ repository, permissions, what, isLookUp: true }, call)
    const { data } = await request('GET /repos/{owner}/{repo}', slug(repository))
    // URLs of git are made of it.
    if (!isRepositoryName(data.full_name)) throw strange(what, 'it told no repository')
    return data
  }
  return {
    id: 'github',
    host: deps.host,
    tokens: deps.access.kind === 'app' ? 'scoped' : 'personal',
    repositoryOf: (url) => repositoryOf(deps.host, url),
    whoAmI,
    targets: (repository) => agentTargets(deps, repository),
    check: async (asked, call) => {
      const { permissions } = await lookUp(asked, call)
      if (asked.permissions.contents === 'write' && permissions?.push === false) throw mayNotPush(asked.repository)
      return deps.warnings?.() ?? []
    },
    repository: async (repository, call) => {
      const data = await lookUp({ repository, permissions: { contents: 'read' } }, call)
      return { name: data.full_name, defaultBranch: data.default_branch ?? null, archived: data.archived }
    },
    token: take,
    pullRequests: pullRequests(requests),
    // GitHub signs for bots alone.
    ...(deps.access.kind === 'app' && { commits: commits(requests) }),
  }
}

import { homedir } from 'node:os'
import { join } from 'node:path'
import { command as commandCredential } from '../../../src/credentials/command.ts'
import { env as envCredential } from '../../../src/credentials/env.ts'
import { file as fileCredential } from '../../../src/credentials/file.ts'
import { readAppKey } from '../../../src/credentials/read-app-key.ts'
import { resolveCredential } from '../../../src/credentials/resolve-credential.ts'
import type { CompanyNetwork } from '../../../src/domain/company-network.ts'
import type { GitHubAccess } from '../../../src/domain/github-settings.ts'
import { companyFetch } from '../../../src/egress/company-fetch.ts'
import type { Forge, ForgeCall, ForgePermissions } from '../../../src/forges/forge.ts'
import { apiRequest } from '../../../src/forges/github/api.ts'
import { github } from '../../../src/forges/github/github.ts'
import { hostGit } from '../../../src/git/host-git.ts'
import type { SecretBook } from '../secrets.ts'
import { type ApiExchange, recordingFetch } from './recording-fetch.ts'

const ROOT = join(import.meta.dirname, '../../..')
const SOURCES = [envCredential, fileCredential, commandCredential]
const LIMIT_MS = 300_000

type Input = {
  readonly access: GitHubAccess
  readonly baseUrl: string
  /** HOST[:PORT] of git URLs. */
  readonly host: string
  readonly company: CompanyNetwork
  readonly env: Readonly<Record<string, string>>
  /** OWNER/NAME. */
  readonly repository: string
  /** For mirrors and tokens of git. */
  readonly folder: string
  readonly secrets: SecretBook
}

export type ForgeBench = ReturnType<typeof forgeBench>

/** A GitHub with credentials, as Berth asks it, and what its API answered. */
export const forgeBench = (input: Input) => {
  const { access, baseUrl, host, company, env, repository, folder, secrets } = input
  const exchanges: ApiExchange[] = []
  const fetch = recordingFetch(companyFetch()(company), exchanges)
  const call: ForgeCall = { callerEnv: env, signal: AbortSignal.timeout(LIMIT_MS) }
  const forge = github({
    ...{ access, baseUrl, host },
    fetch: () => fetch,
    readKey: (key) => readAppKey(key, { home: homedir(), env, sources: SOURCES }),
    readToken: (reference) => resolveCredential(reference, SOURCES, env),
    log: () => undefined,
  })
  const token: Forge['token'] = async (asked, by) => {
    const made = await forge.token(asked, by)
    secrets.add(made.value)
    return made
  }
  const gitWith = (permissions?: ForgePermissions) =>
    hostGit({
      company: () => company,
      forges: {
        of: () => ({
          host,
          repositoryOf: forge.repositoryOf,
          repository: forge.repository,
          token: (asked, by) => token({ ...asked, permissions: permissions ?? asked.permissions }, by),
        }),
        askpass: join(ROOT, 'bin/git-askpass'),
        tokens: join(folder, 'tokens'),
      },
    })
  return {
    ...{ forge, call, exchanges, repository, token },
    isApp: access.kind === 'app',
    url: `https://${host}/${repository}.git`,
    mirrors: join(folder, 'mirrors'),
    git: gitWith(),
    /** Git with a token that may only read. */
    readingGit: gitWith({ contents: 'read' }),
    /** A request of the script's own. */
    request: async (permissions: ForgePermissions, what: string) => {
      const { value } = await token({ repository, permissions }, call)
      return await apiRequest({ baseUrl, fetch, authorization: `token ${value}`, signal: call.signal, what })
    },
  }
}

import { homedir } from 'node:os'
import { join } from 'node:path'
import { command } from '../credentials/command.ts'
import { env as variable } from '../credentials/env.ts'
import { file } from '../credentials/file.ts'
import { readAppKey } from '../credentials/read-app-key.ts'
import { resolveCredential } from '../credentials/resolve-credential.ts'
import { BerthError } from '../domain/errors.ts'
import { type GitHubSettings, githubAccess, githubApiUrl } from '../domain/github-settings.ts'
import { tokenDaemons } from '../token-daemon/client.ts'
import type { StartOptions } from '../token-daemon/start-daemon.ts'
import type { Deps } from './deps.ts'

const SOURCES = [variable, file, command]

type Env = Readonly<Record<string, string>>

type Input = {
  readonly settings: () => { readonly github: GitHubSettings }
  readonly companyNetwork: Deps['config']['companyNetwork']
  /** Counts where no caller is known: an App outlives those who asked for it. */
  readonly env: Env
}

/** What a daemon gets its tokens by, as the settings have it now: read for each start, and kept nowhere. */
export const tokenCredentials =
  ({ settings, companyNetwork, env }: Input): Deps['tokens']['credentials'] =>
  async (url, callerEnv) => {
    const { github } = settings()
    const access = githubAccess(github)
    if (access === null)
      throw new BerthError('config-invalid', `[github] has neither an App nor a token, and a token of ${url} needs one`)
    const secret =
      access.kind === 'app'
        ? await readAppKey(access.app.key, { home: homedir(), env: { ...env, ...callerEnv }, sources: SOURCES })
        : await resolveCredential(access.reference, SOURCES, callerEnv)
    return { credentials: { access, baseUrl: githubApiUrl(github), secret }, company: companyNetwork(callerEnv) }
  }

/** The program of the daemons, and how it is started. `authorities`: whom it trusts, as Node and OpenSSL have it. */
export const tokenProgram = (dist: string, authorities: Env): StartOptions => ({
  entry: join(dist, 'token-daemon.js'),
  node: process.execPath,
  env: authorities,
})

/** The token daemons of a state folder. */
export const wireTokens = (input: Input & { readonly program: StartOptions }): Deps['tokens'] => ({
  ...tokenDaemons(input.program),
  credentials: tokenCredentials(input),
})

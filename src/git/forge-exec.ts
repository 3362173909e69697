import { BerthError } from '../domain/errors.ts'
import type { Forge, ForgeToken } from '../forges/forge.ts'
import { faultPoint } from '../std/fault-point.ts'
import { ISOLATED_GIT } from '../std/isolated-git.ts'
import type { SpawnResult } from '../std/spawn.ts'
import { isDenied } from './classify-push.ts'
import { type Exec, LIMIT, succeeded } from './exec.ts'
import type { CallerEnv, OnToken } from './git.ts'
import { gitWords } from './git-words.ts'
import { type GitProgram, runGit } from './run-git.ts'
import type { TokenFiles } from './token-files.ts'

const ARCHIVED = /was archived so it is read-only/i
const NOT_FOUND = /Repository not found|repository '[^']*' not found|requested URL returned error: 404/i

type ForgeRemote = {
  readonly program: GitProgram
  readonly forge: Pick<Forge, 'host' | 'token'>
  /** OWNER/NAME. */
  readonly repository: string
  readonly contents: 'read' | 'write'
  /** The program that answers git's questions. */
  readonly askpass: string
  readonly tokenFile: TokenFiles
  readonly callerEnv: CallerEnv
  /** The company's proxies and authorities, as variables. */
  readonly network: Readonly<Record<string, string>>
  readonly onToken: OnToken | undefined
}

/** The forge's own words, as an error; undefined where they are about something else. */
const refusal = ({ forge, repository }: ForgeRemote, result: SpawnResult): BerthError | undefined => {
  if (succeeded(result)) return undefined
  const words = gitWords(result, LIMIT.ask)
  if (ARCHIVED.test(result.stderr))
    return new BerthError('repository-archived', `${forge.host} took no push to ${repository}: ${words}`)
  if (isDenied(result))
    return new BerthError('forge-denied', `${forge.host} refused git access to ${repository}: ${words}`)
  if (!NOT_FOUND.test(result.stderr)) return undefined
  return new BerthError('repository-unreachable', `${forge.host} does not show ${repository} to git: ${words}`, {
    hint: 'A forge answers so for a private repository too: check its name, and that the App is installed on it.',
  })
}

/**
 * Git that talks to a forge with a token of Berth's own. It sees no configuration of the user's, and no credentials but
 * this token, which the helper program reads from a file of this one run. Throws the forge's errors, and
 * for what the forge says to git: forge-denied, repository-archived, repository-unreachable (it does not show the
 * repository).
 */
export const forgeExec =
  (remote: ForgeRemote): Exec =>
  async (args, options) => {
    const { program, forge, repository, contents, tokenFile, callerEnv, network, onToken } = remote
    const permissions = { contents }
    const signal = options.signal ?? new AbortController().signal
    const ask = (refused?: string) =>
      forge.token({ repository, permissions, ...(refused !== undefined && { refused }) }, { callerEnv, signal })
    const run = async (token: ForgeToken) => {
      onToken?.({ value: token.value, expiresAt: token.expiresAt, repository, permissions })
      using file = tokenFile(token.value)
      faultPoint('forge.git')
      const env = {
        ...network,
        ...ISOLATED_GIT,
        PATH: program.path,
        GIT_ALLOW_PROTOCOL: 'https',
        GIT_ASKPASS: remote.askpass,
        GIT_HTTP_LOW_SPEED_LIMIT: '1',
        GIT_HTTP_LOW_SPEED_TIME: '60',
        BERTH_FORGE_HOST: forge.host,
        BERTH_FORGE_USER: token.user,
        BERTH_FORGE_TOKEN_FILE: file.path,
      }
      return await runGit(program, ['-c', 'credential.helper=', ...args], env, options)
    }
    const token = await ask()
    const first = await run(token)
    const newer = isDenied(first) ? await ask(token.value) : token
    // The token ended while git was at work, or somebody revoked it: git gets another one, once.
    const result = newer.value === token.value ? first : await run(newer)
    const refused = refusal(remote, result)
    if (refused !== undefined) throw refused
    return result
  }

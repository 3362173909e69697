import { BerthError } from '../domain/errors.ts'
import type { Forge, ForgeCall, ForgeToken } from '../forges/forge.ts'
import { faultPoint } from '../std/fault-point.ts'
import { ISOLATED_GIT } from '../std/isolated-git.ts'
import { redactor } from '../std/redact.ts'
import type { SpawnResult } from '../std/spawn.ts'
import { isDenied, pushRefusal } from './classify-push.ts'
import { type Exec, type ExecOptions, LIMIT, succeeded } from './exec.ts'
import type { CallerEnv, OnToken } from './git.ts'
import { gitWords } from './git-words.ts'
import { type GitProgram, runGit } from './run-git.ts'
import type { TokenFiles } from './token-files.ts'

const ARCHIVED = /was archived so it is read-only/i
/** GitHub wants another permission for these files, and says so of the ref alone. */
const WORKFLOWS = /refusing to allow a GitHub App to create or update workflow/i
const MOVED = /requested URL returned error: 30[1278]/i
const NOT_FOUND = /Repository not found|repository '[^']*' not found|requested URL returned error: 404/i

/** What git said, without a token that the forge said back. */
const withoutToken = (result: SpawnResult, token: string): SpawnResult => {
  const hide = redactor([token])
  const { stdout, stderr } = result
  return {
    ...result,
    stderr: hide(stderr),
    stdout: stdout.includes(token) ? Buffer.from(hide(stdout.toString())) : stdout,
  }
}

type ForgeRemote = {
  readonly program: GitProgram
  readonly forge: Pick<Forge, 'host' | 'repository' | 'token'>
  readonly url: string
  /** OWNER/NAME. */
  readonly repository: string
  readonly contents: 'read' | 'write'
  /** The program that answers git's questions. */
  readonly askpass: string
  /** Throws for a URL that may not be worked on. */
  readonly allow: (url: string) => void
  readonly tokenFile: TokenFiles
  readonly callerEnv: CallerEnv
  /** The company's proxies and authorities, as variables. */
  readonly network: Readonly<Record<string, string>>
  readonly onToken: OnToken | undefined
}

/** It takes no such token at all; 403: it may not do this. */
const isUnauthorized = (result: SpawnResult): boolean =>
  isDenied(result) && !/requested URL returned error: 403/i.test(result.stderr)

const isMoved = (result: SpawnResult): boolean => !succeeded(result) && MOVED.test(result.stderr)

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

type GivenToken = ForgeToken & { readonly permissions: Parameters<OnToken>[0]['permissions'] }

const isOfWorkflows = (result: SpawnResult): boolean => WORKFLOWS.test(`${result.stdout}\n${result.stderr}`)

/** A permission that the App lacks, with what the forge said to the push that needs it. */
const withWords = (error: unknown, result: SpawnResult, { host }: ForgeRemote['forge']): unknown => {
  const words = pushRefusal(result)
  if (!(error instanceof BerthError) || words === undefined) return error
  const { code, message, hint } = error
  return new BerthError(code, `${message}, and ${host} says: ${words}`, { hint, cause: error })
}

/** One run of git with a token, which stands in a file meanwhile. */
const runWith = async (remote: ForgeRemote, token: GivenToken, args: readonly string[], options: ExecOptions) => {
  const { program, forge, repository, network } = remote
  const { value, expiresAt, permissions } = token
  remote.onToken?.({ value, expiresAt, repository, permissions })
  using file = remote.tokenFile(token.value)
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
  return withoutToken(
    await runGit(program, ['-c', 'credential.helper=', '-c', 'http.followRedirects=false', ...args], env, options),
    token.value,
  )
}

const urlOf = ({ host }: ForgeRemote['forge'], name: string): string => `https://${host}/${name}.git`

/**
 * Where the repository is, which was renamed since the task began. Git itself follows no redirect: it may lead to a name
 * that nobody may work on.
 */
const newName = async ({ forge, repository, allow }: ForgeRemote, call: ForgeCall): Promise<string> => {
  const { name } = await forge.repository(repository, call)
  allow(urlOf(forge, name))
  return name
}

/**
 * Git that talks to a forge with a token of Berth's own. It sees no configuration of the user's, and no credentials but
 * this token, which the helper program reads from a file of this one run. Throws the forge's errors, and for what the forge
 * says to git: forge-denied, repository-archived, repository-unreachable (it does not show the repository).
 */
export const forgeExec =
  (remote: ForgeRemote): Exec =>
  async (args, options) => {
    const { forge, repository, contents, callerEnv, url } = remote
    const call = { callerEnv, signal: options.signal ?? new AbortController().signal }
    const take = async (permissions: GivenToken['permissions'], refused?: string): Promise<GivenToken> => {
      const asked = { repository, permissions, ...(refused !== undefined && { refused }) }
      return { ...(await forge.token(asked, call)), permissions }
    }
    // In the forge's own spelling: the helper program answers for that host alone, whatever case and user a URL has.
    const at = (name: string) => args.map((word) => (word === url ? urlOf(forge, name) : word))
    let there = at(repository)
    let token = await take({ contents })
    let result = await runWith(remote, token, there, options)
    if (isUnauthorized(result)) {
      // The token ended while git was at work, or somebody revoked it: git gets another one, once.
      const refused = token.value
      token = await take({ contents }, refused)
      if (token.value !== refused) result = await runWith(remote, token, there, options)
    }
    if (isMoved(result)) {
      there = at(await newName(remote, call))
      result = await runWith(remote, token, there, options)
    }
    // A token may no more than it must: the push of most tasks has no such file.
    if (isOfWorkflows(result)) {
      token = await take({ contents, workflows: 'write' }).catch((error) => {
        throw withWords(error, result, forge)
      })
      result = await runWith(remote, token, there, options)
    }
    const error = refusal(remote, result)
    if (error !== undefined) throw error
    return result
  }

import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { companyNetwork } from '../config/company-network.ts'
import { supervisorSettings } from '../config/supervisor-settings.ts'
import { command } from '../credentials/command.ts'
import { env as variable } from '../credentials/env.ts'
import { file } from '../credentials/file.ts'
import { readAppKey } from '../credentials/read-app-key.ts'
import { resolveCredential } from '../credentials/resolve-credential.ts'
import { AUTHORITY_VARIABLES } from '../domain/authority-variables.ts'
import { BerthError } from '../domain/errors.ts'
import { type GitHubSettings, githubAccess, githubApiUrl } from '../domain/github-settings.ts'
import { tasksFolder } from '../domain/task-paths.ts'
import { pickVariables } from '../std/pick-variables.ts'
import { tokenDaemons } from '../token-daemon/client.ts'
import { runInForeground } from '../token-daemon/foreground.ts'
import type { TokenPlace } from '../token-daemon/protocol.ts'
import type { StartOptions } from '../token-daemon/start-daemon.ts'
import type { Deps } from './deps.ts'
import { resolveId } from './task/resolve-id.ts'
import { snapshotPlan } from './task/snapshot.ts'
import { tokenPlace } from './task/token-place.ts'

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

/** The program of the daemons, and how it is started. Of `env` it gets whom it trusts, and nothing else. */
export const tokenProgram = (dist: string, env: Env): StartOptions => ({
  entry: join(dist, 'token-daemon.js'),
  node: process.execPath,
  env: pickVariables(env, AUTHORITY_VARIABLES),
})

/** The token daemons of a state folder. */
export const wireTokens = (input: Input & { readonly program: StartOptions }): Deps['tokens'] => ({
  ...tokenDaemons(input.program),
  credentials: tokenCredentials(input),
})

/** A task of a state folder, by its id or the beginning of it. No supervisor is asked. */
const taskFolder = (state: string, text: string): string => {
  const folder = tasksFolder(state)
  const ids = existsSync(folder) ? readdirSync(folder) : []
  const find = (start: string) =>
    ids.filter((id) => id.startsWith(start) || id.startsWith(`t-${start}`)).map((id) => ({ id, name: null }))
  return join(folder, resolveId({ find, findElsewhere: () => [] }, text))
}

/** The plan of a task whose token is to be kept fresh by hand. */
export const plannedToken = async (
  state: string,
  text: string,
): Promise<{ readonly place: TokenPlace; url: string }> => {
  const folder = taskFolder(state, text)
  const plan = await snapshotPlan(folder)
  const place = plan === null ? undefined : tokenPlace(plan)
  if (plan?.source.kind === 'clone' && place !== undefined) return { place, url: plan.source.url }
  throw new BerthError('not-allowed', `${basename(folder)}: its tokens stay outside, so there is none to keep fresh`, {
    hint: 'A task that was started with --git-credentials inside has one.',
  })
}

/** Keeps the token of a task fresh in the foreground, without a supervisor, until it is told to end. */
export const keepToken = async (input: {
  readonly state: string
  readonly task: string
  readonly configFile: string
  readonly env: Env
  readonly program: StartOptions
  readonly onStart: (end: () => void) => void
}): Promise<number> => {
  const { state, task, configFile, env, program, onStart } = input
  const { place, url } = await plannedToken(state, task)
  const settings = supervisorSettings({
    file: configFile,
    env,
    onMistake: (error) => {
      throw error
    },
  })
  const network = (callerEnv: Env) => companyNetwork(settings().company, callerEnv)
  const order = await tokenCredentials({ settings, companyNetwork: network, env })(url, env)
  return await runInForeground(program, { ...place, ...order }, onStart)
}

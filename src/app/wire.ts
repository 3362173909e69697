import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { companyNetwork } from '../config/company-network.ts'
import { readConfigFile } from '../config/config-file.ts'
import { loadConfig } from '../config/load-config.ts'
import { supervisorSettings } from '../config/supervisor-settings.ts'
import { givenEnv, toTaskRequest } from '../config/to-task-request.ts'
import { command as commandCredential } from '../credentials/command.ts'
import { env as envCredential } from '../credentials/env.ts'
import { file as fileCredential } from '../credentials/file.ts'
import { loginFiles } from '../credentials/logins/login-files.ts'
import { logins } from '../credentials/logins/logins.ts'
import { openFile, openSecrets } from '../credentials/open-secrets.ts'
import { readAppKey } from '../credentials/read-app-key.ts'
import { resolveCredential, resolveSecretText } from '../credentials/resolve-credential.ts'
import { AUTHORITY_VARIABLES } from '../domain/authority-variables.ts'
import { githubAccess } from '../domain/github-settings.ts'
import { authoritiesFile } from '../egress/authorities-file.ts'
import { checkCompanyNetwork } from '../egress/check-company-network.ts'
import { egress } from '../egress/client.ts'
import { companyFetch } from '../egress/company-fetch.ts'
import { companyStream } from '../egress/company-stream.ts'
import { loginRefreshes } from '../egress/refresh/start-refresher.ts'
import { tryKey } from '../egress/try-key.ts'
import { engineAt } from '../engines/locate/engine-at.ts'
import { locateEngine } from '../engines/locate/locate-engine.ts'
import { probeEngines } from '../engines/locate/probe-engines.ts'
import { registryLogin } from '../engines/registry/registry-login.ts'
import type { ForgeCall } from '../forges/forge.ts'
import { forges as madeForges } from '../forges/forges.ts'
import { github } from '../forges/github/github.ts'
import { type ForgeAccess, hostGit } from '../git/host-git.ts'
import { mirrorPath } from '../git/mirror-path.ts'
import { currentToolbox } from '../install/current-toolbox.ts'
import { imageName } from '../install/image-name.ts'
import { installDirs } from '../install/install-dirs.ts'
import { readStamp } from '../install/read-stamp.ts'
import { claude } from '../providers/claude.ts'
import { codex } from '../providers/codex.ts'
import { command as configured } from '../providers/command.ts'
import { gemini } from '../providers/gemini.ts'
import { noop } from '../providers/noop.ts'
import { opencode } from '../providers/opencode.ts'
import { BUILD } from '../std/build-id.ts'
import { clock } from '../std/clock.ts'
import { codeFolder } from '../std/code-folder.ts'
import { definedVariables } from '../std/defined-variables.ts'
import { armFaultPoint } from '../std/fault-point.ts'
import { newId } from '../std/id.ts'
import { keyedLock } from '../std/keyed-lock.ts'
import { pickVariables } from '../std/pick-variables.ts'
import { openJournal } from '../store/journal.ts'
import { usageLedger } from '../store/ledger.ts'
import { readJournal } from '../store/read-journal.ts'
import { sqliteStore } from '../store/sqlite.ts'
import { imageChecker } from './container/check-image.ts'
import { machineChecker } from './container/check-machine.ts'
import { engineEvents } from './container/engine-events.ts'
import { rememberEngines } from './container/remember-engines.ts'
import type { Deps } from './deps.ts'
import { refuseUrl } from './planning/allowed-places.ts'
import { filesChecker } from './planning/check-files.ts'
import { damagedJournals } from './task/project.ts'
import { terminals } from './terminal/terminals.ts'
import { tokenProgram, wireTokens } from './wire-tokens.ts'

const CREDENTIALS = [envCredential, fileCredential, commandCredential]
const PROVIDERS = [codex, claude, gemini, opencode, noop]
const HOOK_ENV = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'TZ', 'XDG_RUNTIME_DIR', 'BERTH_INSTALL_DIR']

/** Finds the toolbox of this build, each time: another one may stand in for it. */
const toolboxOf = (root: string, env: Readonly<Record<string, string>>): Deps['installation']['toolbox'] => {
  const { write, read } = installDirs(env, process.getuid?.() ?? 0, homedir())
  let own: string | undefined
  return async () => {
    const asked = own ?? readStamp(root)?.toolbox
    const found = asked === undefined ? undefined : await currentToolbox({ install: write, read }, asked)
    if (found === undefined) return undefined
    own = asked
    return { path: found.path, hash: found.manifest.hash, versions: found.manifest.agents }
  }
}

const configOf = (file: string, env: Readonly<Record<string, string>>, log: Deps['log']): Deps['config'] => {
  const settings = supervisorSettings({
    file,
    env,
    onMistake: (error) => log({ level: 'error', msg: 'settings', error: String(error) }),
  })
  return {
    providers: new Map(PROVIDERS.map((provider) => [provider.id, provider])),
    configured,
    agents: () => readConfigFile(file).providers,
    prices: () => readConfigFile(file).prices,
    settings,
    // A caller that is known has variables; without one, those of the shell that started the supervisor count.
    companyNetwork: (callerEnv) =>
      companyNetwork(settings().company, Object.keys(callerEnv).length > 0 ? callerEnv : env),
    credential: (reference, callerEnv) => resolveCredential(reference, CREDENTIALS, callerEnv),
    secretText: (reference, callerEnv) => resolveSecretText(reference, CREDENTIALS, callerEnv),
    openFile,
    variables({ given, profile, preset, env: callerEnv }) {
      const flags = { ...(given.length === 0 ? {} : { env: given }), profile, preset }
      const { flagEnv, values } = loadConfig({ flags, env: callerEnv, file })
      // A name that stands in the flags hides what the file says of it.
      return { flags: flagEnv, configured: values.env ?? {} }
    },
    async request({ settings, profile, prompt, env: callerEnv }) {
      const flags = profile === undefined ? settings : { ...settings, profile }
      const config = loadConfig({ flags, env: callerEnv, file })
      return {
        request: toTaskRequest(config, prompt, callerEnv['HOME']),
        given: givenEnv(config),
        configured: [...config.providers.keys()],
      }
    },
  }
}

/** The network as git needs it: with all authorities in one file. */
const forGit = (network: Deps['config']['companyNetwork'], runtime: string): Deps['config']['companyNetwork'] => {
  const allIn = authoritiesFile(join(runtime, 'authorities.pem'))
  return (callerEnv) => {
    const company = network(callerEnv)
    return company.caFile === null ? company : { ...company, caFile: allIn(company.caFile) }
  }
}

const enginesOf = (folders: { readonly state: string; readonly runtime: string }): Deps['engines'] => ({
  ...rememberEngines(locateEngine),
  at: engineAt,
  registryLogin,
  checkImage: imageChecker(folders.state),
  checkMachine: machineChecker(folders.state),
  checkFiles: filesChecker(folders),
  events: engineEvents(),
})

const forgesOf = (config: Deps['config'], env: Readonly<Record<string, string>>, log: Deps['log']): Deps['forges'] => {
  const fetchBy = companyFetch()
  const given = ({ callerEnv }: ForgeCall) => definedVariables(callerEnv)
  return madeForges({
    settings: () => config.settings().github,
    make: (made) =>
      github({
        ...made,
        log,
        fetch: (call) => fetchBy(config.companyNetwork(given(call))),
        readToken: (reference, call) => config.credential(reference, given(call)),
        // Without a caller the supervisor's own environment counts: an App outlives those who asked for it.
        readKey: (key, call) =>
          readAppKey(key, { home: homedir(), env: { ...env, ...given(call) }, sources: CREDENTIALS }),
        warnings: () => openSecrets(made.access, homedir()),
      }),
  })
}

/** What git needs of the forges, and which repositories it may read. */
const remoteAccess = (
  { forges, config }: Pick<Deps, 'config' | 'forges'>,
  root: string,
  runtime: string,
): { readonly forges: ForgeAccess; readonly allow: (url: string) => void } => {
  const allow = (url: string) => refuseUrl(config.settings(), url)
  const askpass = join(root, 'bin/git-askpass')
  return { forges: { of: forges.of, askpass, tokens: join(runtime, 'git-tokens'), allow }, allow }
}

const hookEnvOf = (
  env: Readonly<Record<string, string>>,
  { state, configFile }: { readonly state: string; readonly configFile: string },
): Readonly<Record<string, string>> => ({
  ...pickVariables(env, HOOK_ENV),
  // So that a hook that asks `berth` asks this one.
  ...(dirname(configFile) === state ? { BERTH_HOME: state } : {}),
})

/** The one place where ports meet their adapters. `dist` is the folder of the built programs. */
export const wire = (input: {
  readonly state: string
  readonly runtime: string
  readonly configFile: string
  readonly dist: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Deps['log']
}): Deps => {
  const { state, runtime, configFile, dist, log } = input
  const root = dirname(dist)
  const env = definedVariables(input.env)
  armFaultPoint(env['BERTH_FAULT'], join(state, 'fault'))
  const now = clock(env['BERTH_CLOCK'])
  const config = configOf(configFile, env, log)
  const forges = forgesOf(config, env, log)
  return {
    log,
    clock: { now, newId: () => newId('t') },
    installation: {
      folders: { state, runtime, configFile },
      codeFolder: codeFolder(env),
      host: { node: process.execPath, worker: join(dist, `worker-${readStamp(root)?.worker ?? 'none'}.cjs`) },
      defaultImage: imageName(readStamp(root)?.image ?? 'latest'),
      toolbox: toolboxOf(root, env),
      hookEnv: hookEnvOf(env, { state, configFile }),
    },
    engines: enginesOf({ state, runtime }),
    store: {
      ...sqliteStore(join(state, 'berth.db'), (aside, error) =>
        log({
          level: 'error',
          msg: 'the database is damaged: Berth makes a new one from the journals',
          aside,
          error: String(error),
        }),
      ),
      ledger: usageLedger(join(state, 'usage.jsonl')),
      journal: (path) => openJournal(path, now),
      reader: readJournal,
    },
    git: {
      ...hostGit({
        stateDir: state,
        runtimeDir: runtime,
        ...{ company: forGit(config.companyNetwork, runtime), connect: companyStream() },
        ...remoteAccess({ forges, config }, root, runtime),
      }),
      mirrorPath: (url) => mirrorPath(join(state, 'mirrors'), url),
      oneByOne: keyedLock(),
    },
    egress: {
      ...egress({
        runtimeDir: runtime,
        stateDir: state,
        gatewayEntry: join(dist, 'gateway.js'),
        build: BUILD,
        node: process.execPath,
        env: pickVariables(env, AUTHORITY_VARIABLES),
      }),
      tryKey: tryKey(),
      checkCompany: checkCompanyNetwork(),
    },
    config,
    forges,
    tokens: wireTokens({ ...config, env, program: tokenProgram(dist, env) }),
    terminals: terminals(),
    logins: logins({
      folder: join(state, 'logins'),
      serviceOf: ({ provider, service }) => config.providers.get(provider)?.logins?.find(({ id }) => id === service),
      refresh: loginRefreshes({
        entry: join(dist, 'refresher.js'),
        node: process.execPath,
        env: pickVariables(env, AUTHORITY_VARIABLES),
      }),
      now,
    }),
  }
}

/** What each agent can, for the docs. */
export const shownProviders = PROVIDERS.filter((one) => one !== noop)

/** The variables that hold models' keys, for doctor. */
export const modelKeys = PROVIDERS.flatMap(({ id, key }) => (key === null ? [] : [{ agent: id, variable: key.env }]))

/** The logins of a state folder, for doctor. */
export const loginNames = (state: string): readonly string[] =>
  loginFiles(join(state, 'logins'), () => undefined)
    .ids()
    .map(({ provider, name }) => `${provider}/${name}`)

/** The tasks whose journals cannot be read, for doctor. */
export const damaged = (state: string) => damagedJournals(state, readJournal)

/** How the forge of the settings takes Berth's credentials, for doctor; null where there are none. */
export const probeForge = (input: {
  readonly configFile: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}) => {
  const env = definedVariables(input.env)
  const config = configOf(input.configFile, env, () => undefined)
  const access = githubAccess(config.settings().github)
  if (access === null) return null
  const { host, of } = forgesOf(config, env, () => undefined)
  const identity = async () => await of(`https://${host}/owner/name`)?.whoAmI({ callerEnv: env, signal: input.signal })
  return { host, access, warnings: openSecrets(access, homedir()), identity }
}

/** The engines of this machine, for doctor: which answer, and which have the image. */
export const probe = async (input: {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly uid: number
  readonly image: string
}) => {
  const found = await probeEngines({ env: input.env, uid: input.uid })
  return await Promise.all(
    found.map(async (one) => ({
      ...one,
      image: one.ok && (await engineAt(one.kind, one.endpoint).image(input.image)) !== undefined,
    })),
  )
}

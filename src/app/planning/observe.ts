import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { CallerContext } from '../../domain/caller-context.ts'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { newTaskFolders } from '../../domain/task-paths.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Facts } from '../../plan/facts.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Deps } from '../deps.ts'
import { checkSshCopy } from './check-ssh-copy.ts'
import { type ChosenKey, chooseKey } from './choose-login.ts'
import { expectedSource } from './expected-source.ts'
import { checkInside, forgeInside } from './forge-inside.ts'
import { observePlace, type Place } from './observe-place.ts'
import { observeProject } from './observe-project.ts'
import { observeRepositories } from './observe-repositories.ts'
import { readHardening } from './read-hardening.ts'
import { parsedSource, realFolder } from './request-source.ts'

export type Observed = {
  readonly facts: Facts
  readonly engine: Engine
  /** Null without one, and for a login: its token is read at the launch. */
  readonly key: string | null
  readonly env: Readonly<Record<string, string>>
  readonly notices: readonly string[]
}

type Input = {
  readonly deps: Pick<Deps, 'config' | 'engines' | 'forges' | 'git' | 'installation' | 'logins'>
  readonly request: TaskRequest
  /** Values of --env NAME=VALUE. */
  readonly given: Readonly<Record<string, string>>
  readonly provider: Provider
  readonly caller: CallerContext
  readonly task: string
  /** The folder for workspaces; null: the state folder. */
  readonly base: string | null
  /** Nothing is to be created. */
  readonly dry?: boolean
  /** Hears of the facts when they lack only what the remote says. */
  readonly expected?: ((facts: Facts, engine: Engine) => void) | undefined
  readonly signal: AbortSignal
}

/** Who the commits are by; nobody is asked where none are made. */
const identityOf = async (input: Input) => {
  const { deps, request, caller, signal } = input
  if (request.repo === undefined || request.source !== 'clone') return undefined
  const parsed = parsedSource(input)
  const folder = parsed.kind === 'local' ? realFolder(resolve(caller.cwd, parsed.path)) : caller.cwd
  return await deps.git.identity(folder, caller.env, signal)
}

const passedEnv = ({ request, given, caller }: Input) => {
  const env: Record<string, string> = {}
  const notices: string[] = []
  for (const name of request.envFrom) {
    const value = given[name] ?? caller.env[name]
    if (value === undefined) notices.push(`--env ${name}: this shell does not set it, so the agent does not get it`)
    else env[name] = value
  }
  return { env, notices }
}

const checkBaseUrl = (baseUrl: string | undefined) => {
  if (baseUrl === undefined) return
  const url = URL.parse(baseUrl)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new BerthError('bad-request', `--base-url ${baseUrl}: not an http or https URL`)
  if (url.username !== '' || url.password !== '')
    throw new BerthError(
      'url-with-password',
      '--base-url has a user name or a password; Berth reads the key from the environment',
    )
}

const checkVolumes = (request: TaskRequest) => {
  for (const { source } of request.volumes)
    if (!existsSync(source))
      throw new BerthError('bad-volume', `--volume ${source}: there is no such file or folder on this machine`)
}

type Known = Pick<Facts, 'source' | 'further' | 'project'> & {
  readonly identity: Awaited<ReturnType<typeof identityOf>>
  readonly key: ChosenKey
  readonly hardening: Awaited<ReturnType<typeof readHardening>>
  readonly place: Place
}

const factsOf = ({ deps, request, caller, task, base }: Input, known: Known): Facts => {
  const { source, further, project, identity, key, hardening, place } = known
  return {
    task,
    ...place.facts,
    caller: { uid: caller.uid, gid: caller.gid },
    identity:
      identity === undefined
        ? { name: 'Berth', email: 'berth@localhost', fallback: source.kind === 'clone' }
        : { ...identity, fallback: false },
    source,
    ...(further && { further }),
    project,
    ...forgeInside(deps, request, source),
    folders: newTaskFolders(deps.installation.folders, task, base),
    ...key.facts,
    home: caller.env['HOME'] ?? null,
    hardening: { ...hardening, ...place.hardening },
  }
}

/** Tells of the facts as soon as the place is known, unless something has stopped the task by then. */
const tellExpected = async (
  input: Input,
  { key, hardening }: Pick<Known, 'key' | 'hardening'>,
  found: Promise<Place>,
  isStopped: () => boolean,
): Promise<void> => {
  const place = await found
  const source = input.expected === undefined || isStopped() ? undefined : expectedSource(input)
  if (source === undefined) return
  const facts = factsOf(input, { source, project: undefined, identity: undefined, key, hardening, place })
  input.expected?.(facts, place.engine)
}

/** Looks at everything a plan depends on, side by side; throws the first thing that would stop the task. */
export const observe = async (input: Input): Promise<Observed> => {
  const { deps, request, caller } = input
  checkBaseUrl(request.baseUrl)
  checkVolumes(request)
  const hardening = await readHardening(request)
  const key = await chooseKey({ ...input, callerEnv: caller.env })
  const passed = passedEnv(input)
  const sourceKnown = observeRepositories(input)
  const placeKnown = observePlace(input)
  const call = { callerEnv: caller.env, signal: input.signal }
  let isStopped = false
  // What it lacks, or would be refused for, is said below.
  tellExpected(input, { key, hardening }, placeKnown, () => isStopped).catch(() => {})
  const known = Promise.all([
    sourceKnown,
    sourceKnown.then((found) => observeProject(input, found)),
    identityOf(input),
    placeKnown,
    sourceKnown.then((found) => checkInside(deps, request, found.source, call)),
    sourceKnown.then((found) => checkSshCopy(deps, request, found.source, call)),
  ])
  known.catch(() => {
    isStopped = true
  })
  const [{ source, further, notices }, project, identity, place] = await known
  return {
    facts: factsOf(input, { source, ...(further && { further }), project, identity, key, hardening, place }),
    engine: place.engine,
    key: key.value,
    env: passed.env,
    notices: [...passed.notices, ...notices, ...place.notices],
  }
}

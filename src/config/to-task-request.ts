import type * as z from 'zod'
import { BerthError } from '../domain/errors.ts'
import { parseNamedSource } from '../domain/named-source.ts'
import { tierOf } from '../domain/policy.ts'
import { type TaskRequest, taskRequest } from '../domain/request.ts'
import { pathInHome, signingInHome } from '../domain/signing.ts'
import type { Parsed } from '../std/parsed.ts'
import type { Config } from './load-config.ts'
import { KEYS, type Key, SETTINGS, type Setting } from './settings.ts'

/** What says how a container shall be: beside `--isolation host` a flag of these would change nothing. */
const OF_CONTAINERS = [
  'engine',
  'pull',
  'policy',
  'read-only',
  'tmpfs',
  'security-label',
  'seccomp-profile',
  'apparmor-profile',
] as const

/** Limits and mounts that file and environment have for containers: a task without one does not break on them. */
const FOR_CONTAINERS: readonly Key[] = [
  ...(['memory', 'cpus', 'pids', 'user', 'volume', 'shared-tree'] as const),
  ...(['shm-size', 'ulimit', 'gpus', 'device', 'publish', 'runtime'] as const),
  ...(['read-only', 'tmpfs', 'security-label', 'seccomp-profile', 'apparmor-profile'] as const),
]

const isFlag = (origin: string, key: Key): boolean => origin.split(' + ').includes(`flag --${key}`)

/** What holds for a task with one repository alone. */
const FOR_ONE: readonly Key[] = ['shared-tree', 'git-credentials']

const isForOthers = ({ values, origins }: Config, key: Key): boolean =>
  !isFlag(origins[key], key) &&
  ((values.isolation === 'host' && FOR_CONTAINERS.includes(key)) ||
    (values.repos !== null && values.repos.length > 0 && FOR_ONE.includes(key)))

/** In file and environment they stand for the tasks that have a container. */
const refuseIdle = ({ values, origins }: Config): void => {
  const idle = OF_CONTAINERS.find((key) => origins[key] === `flag --${key}`)
  if (values.isolation === 'host' && idle !== undefined)
    throw new BerthError(
      'bad-request',
      `--${idle}: with --isolation host there is no container, and no policy applies`,
      {
        hint: 'Leave the flag out, or use a container: --isolation container.',
      },
    )
}

/** In file and environment they stand for the tasks that are sandboxed. */
const refuseRules = ({ values, origins }: Config): void => {
  const key = (['allow', 'deny'] as const).find((one) => isFlag(origins[one], one))
  const { isolation, policy } = values
  const tier = policy === null || isolation === null ? null : tierOf({ policy, isolation })
  if (key === undefined || tier?.network === 'gateway') return
  const why =
    tier === null
      ? 'with --isolation host the task has the whole network of this machine'
      : `with --policy ${policy} the task has the whole network of the engine`
  throw new BerthError('bad-request', `--${key}: ${why}, and no rule applies`, {
    hint: 'Leave the flag out, or use --policy sandboxed.',
  })
}

/** In file and environment they stand for the tasks that make commits. */
const refuseAuthors = ({ values, origins }: Config): void => {
  const key = (['author', 'co-author', 'sign'] as const).find((one) => isFlag(origins[one], one))
  if (key === undefined || (values.repo !== null && values.source === 'clone')) return
  throw new BerthError('bad-request', `--${key}: Berth makes no commits for a task without a clone of a repository`, {
    hint: 'Leave the flag out, or name a repository with --repo.',
  })
}

const PLACES = ['workspace', 'workspace-template', 'workspace-prefix'] as const

/** One place, for a workspace of the task's own. */
const refusePlaces = ({ values }: Config): void => {
  const [place, other] = PLACES.filter((key) => values[key] !== null)
  if (place !== undefined && other !== undefined)
    throw new BerthError('bad-request', `--${other}: there is --${place}, too, and a task has one workspace`)
  if (values['reuse-existing'] === true && place === undefined)
    throw new BerthError('bad-request', '--reuse-existing: there is no folder to use: name it with --workspace')
  if (place === undefined) return
  const unfit =
    values.source === 'mount' ? '--source mount' : values['shared-tree'] === true ? '--shared-tree' : undefined
  if (unfit !== undefined)
    throw new BerthError('bad-request', `--${place}: with ${unfit} the work tree is not a folder of its own`)
}

/** With the paths of the keys in full: the home is the caller's, and a later turn has no caller. */
const withKeyPaths = (request: TaskRequest, home: string | undefined): TaskRequest => {
  const { sign, sshKey } = request
  return {
    ...request,
    ...(sign !== undefined && { sign: given('sign', signingInHome(sign, home)) }),
    ...(sshKey !== undefined && { sshKey: given('ssh-key', pathInHome(sshKey, home)) }),
  }
}

const given = (key: Key, path: Parsed<string>): string => {
  if (!path.ok) throw new BerthError('bad-request', `--${key}: ${path.error}`)
  return path.value
}

/** With several repositories, the folder of the main one may stand behind it. */
const withFolder = (request: TaskRequest): TaskRequest =>
  request.repo === undefined || request.repos.length === 0 ? request : { ...request, ...parseNamedSource(request.repo) }

const refuseTwice = ({ tmpfs, volumes }: TaskRequest): void => {
  const targets = tmpfs.map(({ target }) => target)
  const twice = targets.find((one, at) => targets.indexOf(one) !== at || volumes.some(({ target }) => target === one))
  if (twice !== undefined)
    throw new BerthError('bad-request', `--tmpfs ${twice}: another --tmpfs or --volume is mounted there`)
}

/**
 * The request for a task, out of what is in force. What nobody set is left to TaskRequest, so that it is known as not
 * asked for. `home` is the caller's.
 */
export const toTaskRequest = (config: Config, prompt: string, home?: string): TaskRequest => {
  refuseIdle(config)
  refuseRules(config)
  refuseAuthors(config)
  refusePlaces(config)
  const parts = KEYS.map((key) => {
    const setting = SETTINGS[key] as unknown as Setting<unknown>
    const value = config.values[key]
    if (value === null || config.origins[key] === 'default' || isForOthers(config, key)) return {}
    return setting.toRequest?.(value) ?? {}
  })
  const given = Object.entries(config.flagEnv).flatMap(([name, value]) => (value === null ? [] : [name]))
  const command = config.providers.get(String(config.values.agent))
  const input: z.input<typeof taskRequest> = Object.assign(
    { prompt },
    ...parts,
    config.rules,
    command === undefined ? {} : { command },
    given.length === 0 ? {} : { envGiven: given },
  )
  const result = taskRequest.safeParse(input)
  if (result.success) {
    refuseTwice(result.data)
    return withKeyPaths(withFolder(result.data), home)
  }
  const issue = result.error.issues[0]
  throw new BerthError('bad-request', `${issue?.path.join('.') ?? 'request'}: ${issue?.message ?? 'is not valid'}`)
}

/** The values that --env NAME=VALUE and its like give; a bare NAME is left to the caller's environment. */
export const givenEnv = (config: Config): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(config.values.env ?? {}).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  )

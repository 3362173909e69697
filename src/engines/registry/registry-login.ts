import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EngineKind } from '../../domain/engine-kind.ts'
import { imageReference } from '../../domain/image-reference.ts'
import type { RegistryLogin } from '../engine.ts'
import { type Entry, entryLogin, helperLogin } from './kept-login.ts'

type Env = Readonly<Record<string, string>>

/** What `docker login` and `podman login` write. */
type AuthFile = {
  readonly auths?: Readonly<Record<string, Entry>>
  /** Programs by registry, and one for all others. */
  readonly credHelpers?: Readonly<Record<string, string>>
  readonly credsStore?: string
}

export type LoginQuestion = {
  readonly kind: EngineKind
  /** The image that the registry has, or is to have. */
  readonly reference: string
  /** Of the caller: it says where the files are and where the credential helpers. */
  readonly env: Env
  readonly uid: number
}

const dockerFile = ({ env }: LoginQuestion): readonly string[] => {
  const folder = env['DOCKER_CONFIG'] || (env['HOME'] ? join(env['HOME'], '.docker') : undefined)
  return folder === undefined ? [] : [join(folder, 'config.json')]
}

const podmanFiles = ({ env, uid }: LoginQuestion): readonly string[] => {
  const named = env['REGISTRY_AUTH_FILE']
  if (named !== undefined && named !== '') return [named]
  const runtime = env['XDG_RUNTIME_DIR'] ? [join(env['XDG_RUNTIME_DIR'], 'containers')] : []
  const home = env['XDG_CONFIG_HOME'] || (env['HOME'] ? join(env['HOME'], '.config') : undefined)
  const folders = [...runtime, `/run/containers/${uid}`, ...(home === undefined ? [] : [join(home, 'containers')])]
  return folders.map((folder) => join(folder, 'auth.json'))
}

/** The engine's own files first: a login of the other one counts too. */
const filesOf = (question: LoginQuestion): readonly string[] => {
  const [docker, podman] = [dockerFile(question), podmanFiles(question)]
  return question.kind === 'podman' ? [...podman, ...docker] : [...docker, ...podman]
}

const readAuthFile = async (path: string): Promise<AuthFile> => {
  try {
    const parsed: unknown = JSON.parse(await readFile(path, 'utf8'))
    return typeof parsed === 'object' && parsed !== null ? (parsed as AuthFile) : {}
  } catch {
    return {}
  }
}

const HUB = 'docker.io'
/** What Docker calls its own registry in its file. */
const HUB_NAMES = ['https://index.docker.io/v1/', 'index.docker.io', 'registry-1.docker.io']

/** The names that a login for the image may stand under, the narrowest first. */
const namesFor = (reference: string): { readonly host: string; readonly names: readonly string[] } => {
  const found = imageReference(reference)
  const host = found?.registry ?? HUB
  const path = found === undefined ? [] : found.name.split('/').slice(found.registry === null ? 0 : 1)
  const narrow = path.map((_, i) => [host, ...path.slice(0, path.length - i)].join('/'))
  return { host, names: [...narrow, host, ...(host === HUB ? HUB_NAMES : [])] }
}

const hostOf = (key: string) => key.replace(/^https?:\/\//, '').replace(/\/.*$/, '')

const entryFor = ({ auths = {} }: AuthFile, host: string, names: readonly string[]): Entry | undefined => {
  const named = names.map((name) => auths[name]).find((entry) => entry !== undefined)
  // Older ones have a scheme and a path.
  return named ?? Object.entries(auths).find(([key]) => /^https?:/.test(key) && hostOf(key) === host)?.[1]
}

/**
 * The login for the registry of an image, as `docker login` and `podman login` keep it: in a file, or with a credential
 * helper that the file names. Undefined where there is none. A file that cannot be read counts as none.
 */
export const registryLogin = async (
  question: LoginQuestion,
  signal?: AbortSignal,
): Promise<RegistryLogin | undefined> => {
  const { host, names } = namesFor(question.reference)
  for (const path of filesOf(question)) {
    const file = await readAuthFile(path)
    const helper = names.map((name) => file.credHelpers?.[name]).find((name) => name !== undefined) ?? file.credsStore
    const server = host === HUB ? (HUB_NAMES[0] as string) : host
    const kept = helper === undefined ? undefined : await helperLogin({ helper, server, env: question.env }, signal)
    const login = kept ?? entryLogin(entryFor(file, host, names))
    if (login !== undefined) return login
  }
  return undefined
}

import type { ContainerEngineKind } from '../../domain/engine-kind.ts'
import { dockerContext } from './docker-context.ts'
import type { Env } from './env.ts'
import { onDemandEndpoint } from './podman-service.ts'

export type Candidate = {
  /** What it should be; what it is, it says itself. */
  readonly kind: ContainerEngineKind
  readonly endpoint: string
  /** Where this endpoint comes from, for messages. */
  readonly origin: string
  /** `named`: by the user, so nothing else is taken in its stead; `on-demand`: started where podman is installed. */
  readonly how: 'named' | 'usual' | 'on-demand'
}

const unix = (path: string) => `unix://${path}`

const userFolders = (env: Env, uid: number): readonly string[] => {
  const own = env['XDG_RUNTIME_DIR']
  return [...new Set([...(own?.startsWith('/') ? [own] : []), ...(uid === 0 ? [] : [`/run/user/${uid}`])])]
}

const dockers = (env: Env, uid: number): readonly Candidate[] => {
  const host = env['DOCKER_HOST'] ?? ''
  if (host !== '') return [{ kind: 'docker', endpoint: host, origin: 'DOCKER_HOST', how: 'named' }]
  const context = dockerContext(env)
  if (context !== undefined) {
    return [{ kind: 'docker', endpoint: context.host, origin: `docker context ${context.name}`, how: 'named' }]
  }
  const home = env['HOME']
  const paths = [
    '/var/run/docker.sock',
    ...userFolders(env, uid).map((folder) => `${folder}/docker.sock`),
    ...(home?.startsWith('/') ? [`${home}/.docker/run/docker.sock`, `${home}/.docker/desktop/docker.sock`] : []),
  ]
  return paths.map((path) => ({ kind: 'docker', endpoint: unix(path), origin: path, how: 'usual' }))
}

const podmans = (env: Env, uid: number): readonly Candidate[] => {
  const named = ['CONTAINER_HOST', 'PODMAN_HOST'].find((name) => (env[name] ?? '') !== '')
  if (named !== undefined) return [{ kind: 'podman', endpoint: env[named] ?? '', origin: named, how: 'named' }]
  const own = userFolders(env, uid).map((folder) => `${folder}/podman/podman.sock`)
  const paths = uid === 0 ? ['/run/podman/podman.sock', ...own] : own
  const endpoint = onDemandEndpoint(env, uid)
  return [
    ...paths.map((path): Candidate => ({ kind: 'podman', endpoint: unix(path), origin: path, how: 'usual' })),
    { kind: 'podman', endpoint, origin: 'podman system service', how: 'on-demand' },
  ]
}

/**
 * Where engines may be, in the order in which they are tried: Docker before Podman. What the user has named by a
 * variable or a context is taken alone: no other engine in its stead.
 */
export const candidates = (env: Env, uid: number, kind?: ContainerEngineKind): readonly Candidate[] => {
  const all = [...(kind === 'podman' ? [] : dockers(env, uid)), ...(kind === 'docker' ? [] : podmans(env, uid))]
  const named = all.filter(({ how }) => how === 'named')
  return named.length > 0 ? named : all
}

import { homedir, userInfo } from 'node:os'
import { dirname } from 'node:path'
import type { EngineKind } from '../../domain/engine-kind.ts'
import { docker } from '../docker.ts'
import type { Engine } from '../engine.ts'
import { host } from '../host.ts'
import { podman } from '../podman.ts'
import type { Env } from './env.ts'
import { isOnDemand, startPodmanService } from './podman-service.ts'

const known = new Map<string, Engine>()

const ownEnv = (endpoint: string): Env => {
  const folder = dirname(endpoint.replace('unix://', ''))
  const runtime = folder.startsWith('/tmp/') ? {} : { XDG_RUNTIME_DIR: folder }
  return { HOME: homedir(), USER: userInfo().username, ...runtime }
}

const podmanAt = (endpoint: string, env: Env | undefined): Engine =>
  podman({
    endpoint,
    ...(isOnDemand(endpoint)
      ? { revive: (signal) => startPodmanService(endpoint, env ?? ownEnv(endpoint), signal).then(() => true) }
      : {}),
  })

/**
 * The engine at an endpoint, as a plan names it; nothing is asked of it yet. The endpoint of a host is the folder of its containers. One for each endpoint, so that connections
 * and what is known of it are shared. `env` is for a podman service that must be started.
 */
export const engineAt = (kind: EngineKind, endpoint: string, env?: Env): Engine => {
  const key = `${kind} ${endpoint}`
  const there = known.get(key)
  if (there !== undefined) return there
  const made = {
    docker: () => docker({ endpoint }),
    podman: () => podmanAt(endpoint, env),
    host: () => host({ root: endpoint }),
  }[kind]()
  known.set(key, made)
  return made
}

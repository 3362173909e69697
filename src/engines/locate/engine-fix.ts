import type { ContainerEngineKind } from '../../domain/engine-kind.ts'
import type { BerthError, ErrorCode } from '../../domain/errors.ts'
import type { Candidate } from './candidates.ts'
import type { Env } from './env.ts'
import { inPath } from './podman-service.ts'

export type Failure = { readonly candidate: Candidate; readonly error: BerthError }

const START: Readonly<Record<ContainerEngineKind, string>> = {
  docker: 'Start it with `sudo systemctl start docker`',
  podman: 'Start it with `systemctl --user start podman.socket`, or `podman system service --time=0 &`',
}

/** The command that mends a failed engine, as a sentence. */
export const engineFix = ({ candidate, error }: Failure, env: Env): string => {
  const { kind, how, origin } = candidate
  if (error.code === 'engine-permission') {
    return kind === 'docker'
      ? 'Add yourself to its group with `sudo usermod -aG docker $USER` and log in again, or use --engine podman.'
      : 'Use the Podman of your own user: unset the variable that names this socket.'
  }
  if (error.code === 'engine-timeout')
    return `Restart it: \`sudo systemctl restart ${kind}\`. It listens, but does not answer.`
  if (how === 'named' && error.code === 'engine-down') return `${START[kind]}, or correct ${origin}.`
  if (error.code === 'engine-missing' || error.code === 'unknown-engine') return error.hint
  const installed = inPath(env, kind) !== undefined || (kind === 'docker' && inPath(env, 'dockerd') !== undefined)
  return installed
    ? `${START[kind]}.`
    : `Install it (on Debian: \`apt-get install ${kind === 'docker' ? 'docker.io' : 'podman'}\`).`
}

const TELLING: readonly ErrorCode[] = [
  'engine-permission',
  'engine-timeout',
  'engine-error',
  'engine-down',
  'unknown-engine',
  'engine-missing',
]

/** Of many failures the one that says most: a socket that is there and closed before one that is not there. */
export const mostTelling = (failures: readonly Failure[]): Failure | undefined =>
  failures.toSorted((a, b) => TELLING.indexOf(a.error.code) - TELLING.indexOf(b.error.code))[0]

import type { ContainerEngineKind } from '../../domain/engine-kind.ts'
import { BerthError } from '../../domain/errors.ts'
import { ask } from './ask.ts'
import { type Candidate, candidates } from './candidates.ts'
import { engineAt } from './engine-at.ts'
import { engineFix } from './engine-fix.ts'
import type { Env } from './env.ts'
import { inPath } from './podman-service.ts'

export type Probe = {
  readonly kind: ContainerEngineKind
  readonly endpoint: string
  readonly ok: boolean
  readonly version?: string
  /** It listens on this machine, and takes an inotify instance for each log that it follows. */
  readonly inotifyLogs: boolean
  /** It takes a seccomp profile; null: it was not asked. */
  readonly seccomp: boolean | null
  readonly error?: string
  readonly fix?: string
}

const look = async (candidate: Candidate, env: Env, signal: AbortSignal | undefined): Promise<Probe> => {
  try {
    const { kind, endpoint } = await ask(candidate.kind, candidate.endpoint, signal)
    const { version, inotifyLogs, seccomp } = await engineAt(kind, endpoint, env).info(signal)
    return { kind, endpoint, ok: true, version, seccomp, inotifyLogs: inotifyLogs && endpoint.startsWith('unix:') }
  } catch (error) {
    if (!(error instanceof BerthError)) throw error
    const fix = engineFix({ candidate, error }, env)
    const { kind, endpoint } = candidate
    return { kind, endpoint, ok: false, inotifyLogs: false, seccomp: null, error: error.message, fix }
  }
}

/** Sockets that do not exist are told for an engine only where none of it answers, and then the first alone. */
const worthTelling = (found: readonly Probe[]): readonly Probe[] => {
  const told = (probe: Probe) => probe.ok || !/no such socket/.test(probe.error ?? '')
  const kinds = [...new Set(found.map(({ kind }) => kind))]
  return kinds.flatMap((kind) => {
    const own = found.filter((probe) => probe.kind === kind)
    const shown = own.filter(told)
    return shown.length > 0 ? shown : own.slice(0, 1)
  })
}

/** Every engine that may be meant in this environment, and whether it answers; starts none. For `berth doctor`. */
export const probeEngines = async (
  request: { readonly env: Env; readonly uid: number },
  signal?: AbortSignal,
): Promise<readonly Probe[]> => {
  const { env, uid } = request
  const all = candidates(env, uid)
  const found = await Promise.all(
    all.filter(({ how }) => how !== 'on-demand').map((candidate) => look(candidate, env, signal)),
  )
  const told = worthTelling(found)
  const demand = all.find(({ how }) => how === 'on-demand')
  const podman = told.some(({ kind, ok }) => kind === 'podman' && ok)
  if (demand === undefined || podman || inPath(env, 'podman') === undefined) return told
  const { kind, endpoint } = demand
  const started = { kind, endpoint, ok: true, version: 'started when needed', inotifyLogs: false, seccomp: null }
  return [...told.filter(({ kind }) => kind !== 'podman'), started]
}

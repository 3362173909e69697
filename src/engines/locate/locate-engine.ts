import type { ContainerEngineKind } from '../../domain/engine-kind.ts'
import { BerthError } from '../../domain/errors.ts'
import { didYouMean } from '../../std/suggest.ts'
import type { Engine } from '../engine.ts'
import { ask } from './ask.ts'
import { type Candidate, candidates } from './candidates.ts'
import { engineAt } from './engine-at.ts'
import { engineFix, type Failure, mostTelling } from './engine-fix.ts'
import type { Env } from './env.ts'
import { inPath, startPodmanService } from './podman-service.ts'

export type EngineRequest = { readonly engine?: string | undefined; readonly env: Env; readonly uid: number }
export type Located = { readonly kind: ContainerEngineKind; readonly engine: Engine }

/** The user's choice, never ours. */
const WITHOUT = '--isolation host needs no engine, but gives no sandbox.'

const KINDS = ['docker', 'podman'] as const

const wanted = (engine: string | undefined, env: Env, uid: number): readonly Candidate[] => {
  if (engine === undefined || engine === '') return candidates(env, uid)
  const kind = KINDS.find((name) => name === engine)
  if (kind !== undefined) return candidates(env, uid, kind)
  if (engine.startsWith('/') || engine.includes('://')) {
    return [{ kind: 'docker', endpoint: engine, origin: '--engine', how: 'named' }]
  }
  throw new BerthError('unknown-engine', `--engine ${engine}: not an engine${didYouMean(engine, KINDS)}`, {
    hint: 'Use docker, podman or the address of an engine, e.g. unix:///path/to/socket. --isolation host needs no engine, but gives no sandbox.',
  })
}

const attempt = async (candidate: Candidate, env: Env, signal: AbortSignal | undefined): Promise<Located> => {
  const { kind, endpoint, how, origin } = candidate
  const name = origin === '--engine' ? 'engine' : kind
  try {
    const found = await ask(name, endpoint, signal)
    return { kind: found.kind, engine: engineAt(found.kind, found.endpoint, env) }
  } catch (error) {
    if (how !== 'on-demand' || !(error instanceof BerthError) || error.code !== 'engine-down') throw error
    await startPodmanService(endpoint, env, signal)
    return { kind, engine: engineAt(kind, endpoint, env) }
  }
}

const installed = (env: Env, failures: readonly Failure[]) =>
  failures.some(({ candidate }) => inPath(env, candidate.kind) !== undefined)

const nothingAnswers = (failures: readonly Failure[], env: Env): BerthError => {
  const worst = mostTelling(failures)
  if (worst === undefined) return new BerthError('engine-missing', 'no container engine was found')
  const { error, candidate } = worst
  const hint = `${engineFix(worst, env)} ${WITHOUT}`
  if (failures.length === 1) {
    const origin = candidate.how === 'named' ? ` (${candidate.origin})` : ''
    return new BerthError(error.code, `${error.message}${origin}`, { cause: error, hint })
  }
  const missing = error.code === 'engine-down' && !installed(env, failures)
  const tried = failures.map((failure) => failure.candidate.origin).join(', ')
  const message = missing ? 'no Docker and no Podman was found' : error.message
  const code = missing ? 'engine-missing' : error.code
  return new BerthError(code, `${message}; tried: ${tried}`, { cause: error, ...(missing ? {} : { hint }) })
}

/**
 * The first engine that answers among those that the request can mean. Throws unknown-engine, engine-missing,
 * engine-down, engine-permission or engine-timeout with what was tried and the command that mends it.
 */
export const locateEngine = async (request: EngineRequest, signal?: AbortSignal): Promise<Located> => {
  const { env, uid } = request
  const failures: Failure[] = []
  for (const candidate of wanted(request.engine, env, uid)) {
    try {
      return await attempt(candidate, env, signal)
    } catch (error) {
      if (!(error instanceof BerthError)) throw error
      failures.push({ candidate, error })
    }
  }
  throw nothingAnswers(failures, env)
}

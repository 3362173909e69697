import type { AuthAnswer } from '../api/contract.ts'
import type { Caller } from '../domain/caller.ts'
import { BerthError } from '../domain/errors.ts'
import type { TaskRequest } from '../domain/request.ts'
import { upstreamOf } from '../plan/make-plan.ts'
import { routeOf } from '../plan/route-of.ts'
import type { ModelRoute, Provider } from '../providers/provider.ts'
import type { Deps } from './deps.ts'
import { unknownProvider } from './unknown-provider.ts'

const LIMIT_MS = 10_000

type Row = AuthAnswer['credentials'][number]
type Checked = NonNullable<Row['check']>

const HEADERS: Readonly<Record<ModelRoute['api']['header'], (key: string) => Readonly<Record<string, string>>>> = {
  'authorization-bearer': (key) => ({ authorization: `Bearer ${key}` }),
  'x-api-key': (key) => ({ 'x-api-key': key, 'anthropic-version': '2023-06-01' }),
  'x-goog-api-key': (key) => ({ 'x-goog-api-key': key }),
}

const wordsOf = (error: unknown): string => {
  const { cause, message } = error as Error & { cause?: { code?: string; message?: string } }
  return cause?.code ?? cause?.message ?? message
}

/** Asks the model's server for its list of models: the cheapest question that needs the key. */
const tryKey = async (route: ModelRoute, upstream: string, key: string, signal: AbortSignal): Promise<Checked> => {
  const url = `${upstream}${route.api.models ?? '/models'}`
  try {
    const answer = await fetch(url, {
      headers: HEADERS[route.api.header](key),
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
    })
    await answer.body?.cancel()
    const { status } = answer
    if (answer.ok) return { verdict: 'accepted', detail: `${url} answered ${status}` }
    // A wrong key is a bad request to one of them.
    if ([400, 401, 403].includes(status)) return { verdict: 'refused', detail: `${url} answered ${status}` }
    return { verdict: 'unknown', detail: `${url} answered ${status}, which says nothing of the key` }
  } catch (error) {
    return { verdict: 'unknown', detail: `${url} could not be asked: ${wordsOf(error)}` }
  }
}

const rowOf = async (input: {
  readonly deps: Deps
  readonly provider: Provider
  readonly request: TaskRequest
  readonly caller: Caller
  readonly check: boolean
  readonly signal: AbortSignal
}): Promise<Row | null> => {
  const { deps, provider, request, caller, check, signal } = input
  const route = routeOf(provider, request)
  if (route.key === null) return null
  const variable = route.key.env
  const reference = request.credentials[variable] ?? `env:${variable}`
  const [kind = ''] = reference.split(':', 1)
  const row = { agent: provider.id, variable, reference, kind: kind as Row['kind'] }
  try {
    const key = await deps.credential(reference, caller.env)
    const upstream = upstreamOf(route, request.baseUrl)
    return { ...row, found: true, problem: null, check: check ? await tryKey(route, upstream, key, signal) : null }
  } catch (error) {
    if (!(error instanceof BerthError) || error.code !== 'no-credentials') throw error
    return { ...row, found: false, problem: error.message, check: null }
  }
}

/** Where each agent's key comes from, and whether it is there; with `check` whether its model takes it. */
export const authStatus = async (input: {
  readonly deps: Deps
  readonly request: TaskRequest
  readonly caller: Caller
  /** None: all. */
  readonly agents: readonly string[]
  readonly check: boolean
  readonly signal: AbortSignal
}): Promise<AuthAnswer> => {
  const { deps, agents } = input
  for (const agent of agents) if (!deps.providers.has(agent)) throw unknownProvider(deps, agent)
  const asked = [...deps.providers.values()].filter(({ id, hidden }) =>
    agents.length > 0 ? agents.includes(id) : hidden !== true,
  )
  const rows = await Promise.all(asked.map((provider) => rowOf({ ...input, provider })))
  return { credentials: rows.filter((row) => row !== null) }
}

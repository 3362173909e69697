import type { AuthAnswer } from '../../api/answers.ts'
import type { CallerContext } from '../../domain/caller-context.ts'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { upstreamOf } from '../../plan/make-plan.ts'
import { routeOf } from '../../plan/route-of.ts'
import type { ModelRoute, Provider } from '../../providers/provider.ts'
import type { Deps } from '../deps.ts'
import { unknownProvider } from '../planning/choose-provider.ts'
import { loginStatus } from './login-status.ts'

type Row = AuthAnswer['credentials'][number]

/** The list of models: the cheapest question that needs the key. */
const listOf = (route: ModelRoute, baseUrl: string | undefined): string =>
  `${upstreamOf(route, baseUrl)}${route.api.models ?? '/models'}`

const rowOf = async (input: {
  readonly deps: Pick<Deps, 'config' | 'egress'>
  readonly provider: Provider
  readonly request: TaskRequest
  readonly caller: CallerContext
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
    const key = await deps.config.credential(reference, caller.env)
    const asked = {
      url: listOf(route, request.baseUrl),
      header: route.api.header,
      key,
      company: deps.config.companyNetwork(caller.env),
    }
    return { ...row, found: true, problem: null, check: check ? await deps.egress.tryKey(asked, signal) : null }
  } catch (error) {
    if (!(error instanceof BerthError) || error.code !== 'no-credentials') throw error
    return { ...row, found: false, problem: error.message, check: null }
  }
}

/** Where each agent's key comes from and whether it is set, and its logins; with `check`, whether they work. */
export const authStatus = async (input: {
  readonly deps: Pick<Deps, 'config' | 'egress' | 'logins'>
  readonly request: TaskRequest
  readonly caller: CallerContext
  /** None: all. */
  readonly agents: readonly string[]
  readonly check: boolean
  readonly signal: AbortSignal
}): Promise<AuthAnswer> => {
  const { deps, agents } = input
  const configured = [...deps.config.agents()].map(([id, table]) => deps.config.configured(id, table))
  const all = [...deps.config.providers.values(), ...configured]
  const names = configured.map(({ id }) => id)
  for (const agent of agents) if (!all.some(({ id }) => id === agent)) throw unknownProvider(deps, agent, names)
  const asked = all.filter(({ id, hidden }) => (agents.length > 0 ? agents.includes(id) : hidden !== true))
  const [rows, logins] = await Promise.all([
    Promise.all(asked.map((provider) => rowOf({ ...input, provider }))),
    loginStatus(input, agents),
  ])
  return { credentials: rows.filter((row) => row !== null), logins: [...logins] }
}

import type { AuthAnswer } from '../../api/answers.ts'
import type { KeptLogin } from '../../credentials/credential.ts'
import type { CallerContext } from '../../domain/caller-context.ts'
import type { Login } from '../../domain/login.ts'
import type { TaskRequest } from '../../domain/request.ts'
import type { KeyCheck } from '../../egress/egress.ts'
import { upstreamOf } from '../../plan/make-plan.ts'
import type { Deps } from '../deps.ts'

type Row = AuthAnswer['logins'][number]
type Input = {
  readonly deps: Pick<Deps, 'config' | 'egress' | 'logins'>
  readonly request: TaskRequest
  readonly caller: CallerContext
  readonly check: boolean
  readonly signal: AbortSignal
}

/** Tries a token as the gateway would send it. A model of --base-url gets that of a login which is named for it alone. */
const tried = async ({ deps, request, caller, signal }: Input, login: Login): Promise<KeyCheck> => {
  const service = deps.config.providers.get(login.provider)?.logins?.find(({ id }) => id === login.service)
  if (service === undefined) return { verdict: 'unknown', detail: `Berth does not know the service ${login.service}` }
  const { check } = service
  const base = request.login === login.name ? request.baseUrl : undefined
  const asked = {
    url: `${upstreamOf(service, base)}${check.path}`,
    method: check.method,
    ...(check.body === undefined ? {} : { body: check.body }),
    headers: { ...check.headers, ...service.headers(login), ...request.loginHeaders },
    header: service.api.header,
    key: login.access,
    company: deps.config.companyNetwork(caller.env),
  }
  return await deps.egress.tryKey(asked, signal)
}

/** Whether a login works: refreshed first where that is due. */
const checked = async (input: Input, { login }: KeptLogin): Promise<KeyCheck> => {
  const { deps, caller, signal } = input
  const company = deps.config.companyNetwork(caller.env)
  const state = await deps.logins.fresh(login, { company, signal })
  if (state.kind === 'blocked') return { verdict: 'refused', detail: state.reason }
  return state.kind === 'late' ? { verdict: 'unknown', detail: state.reason } : await tried(input, state.login)
}

const rowOf = async (input: Input, kept: KeptLogin): Promise<Row> => {
  const check = input.check ? await checked(input, kept) : null
  // A check may have refreshed it, or shown that it is over.
  const login = (await input.deps.logins.find(kept.login)) ?? kept.login
  const { provider: agent, name, service, kind, who, plan, expiresAt, problem } = login
  const { chosen, lastUsed } = kept
  return {
    agent,
    name,
    service,
    kind,
    who,
    plan,
    expiresAt,
    lastUsed,
    chosen,
    tasks: [...kept.tasks],
    lentTo: kept.lentTo,
    problem,
    check,
  }
}

/** The logins of these agents; with `check`, whether they work. */
export const loginStatus = async (input: Input, agents: readonly string[]): Promise<readonly Row[]> => {
  const { logins, broken } = await input.deps.logins.list()
  const isAsked = (agent: string) => agents.length === 0 || agents.includes(agent)
  const rows = await Promise.all(
    logins.filter(({ login }) => isAsked(login.provider)).map((kept) => rowOf(input, kept)),
  )
  const unread = broken
    .filter(({ provider }) => isAsked(provider))
    .map(({ provider: agent, name, problem }): Row => {
      const unknown = { service: null, kind: null, who: null, plan: null, expiresAt: null, lastUsed: null }
      return { agent, name, ...unknown, chosen: false, tasks: [], lentTo: null, problem, check: null }
    })
  return [...rows, ...unread]
}

import { BerthError } from '../domain/errors.ts'
import type { TaskRequest } from '../domain/request.ts'
import type { LoginService, Provider } from '../providers/provider.ts'
import type { Facts } from './facts.ts'
import type { Plan } from './plan.ts'

const refuse = (why: string, hint: string): never => {
  throw new BerthError('bad-request', `--login-inside: ${why}`, { hint })
}

/** The service whose credential file goes into the container; undefined: the task has no such wish. */
const insideService = (request: TaskRequest, facts: Facts, { logins }: Provider): LoginService | undefined => {
  if (!request.loginInside) return undefined
  const service = logins?.find(({ id }) => id === facts.login?.service)
  if (service === undefined)
    return refuse('the task has a key, and no login', 'Leave the flag out, or name a login with --login.')
  if (facts.host !== null)
    return refuse('with --isolation host the agent has your own login anyway', 'Leave the flag out.')
  if ((request.keepAlive ?? 0) > 0)
    return refuse('a warm container would keep the tokens', 'Leave out one of --login-inside and --keep-alive.')
  return service
}

/** What a login in the container adds to a plan; without one, what the provider has anyway. */
export const planInside = (
  request: TaskRequest,
  facts: Facts,
  provider: Provider,
): {
  readonly part: Pick<Plan, 'inside'>
  /** Rules for the model and the issuer, whom the CLI reaches itself, beside the provider's own. */
  readonly hosts: readonly string[]
} => {
  const { hosts = [] } = provider
  const service = insideService(request, facts, provider)
  if (service === undefined) return { part: {}, hosts }
  const { api, signIn, file } = service
  const own = [`${new URL(api.defaultBaseUrl).hostname}:443 tunnel`, ...signIn.hosts]
  return { part: { inside: { path: file.path } }, hosts: [...new Set([...hosts, ...own])] }
}

/** With its tokens in the container, the CLI needs no model of the gateway's. */
export const inContainer = (part: Pick<Plan, 'inside'>, model: Plan['model']): Pick<Plan, 'inside' | 'model'> =>
  part.inside === undefined ? { model } : { ...part, model: null }

/** What is measured to go wrong with tokens in a container. */
export const insideWarnings = (
  { inside }: Pick<Plan, 'inside'>,
  { login }: Pick<Facts, 'login'>,
  { id }: Provider,
): readonly string[] =>
  inside === undefined
    ? []
    : [
        `--login-inside: the agent itself has the tokens of ${id}/${login?.name ?? ''} and can send them wherever its rules lead; no other task uses this login meanwhile. A refresh token that is used twice ends the login: a container that is lost in the middle of a refresh takes the new one along`,
      ]

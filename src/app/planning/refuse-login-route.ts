import { BerthError } from '../../domain/errors.ts'
import { loginCommand } from '../../domain/login-name.ts'
import { tierOf } from '../../domain/policy.ts'
import type { TaskRequest } from '../../domain/request.ts'
import type { Facts } from '../../plan/facts.ts'
import type { Provider } from '../../providers/provider.ts'

const wrong = (why: string, hint: string): BerthError =>
  new BerthError('bad-request', `--login-route tls: ${why}`, { hint })

/** Refuses a login's own address where the agent could not reach it. A task on a key does not have one. */
export const refuseLoginRoute = (request: TaskRequest, { login }: Pick<Facts, 'login'>, provider: Provider): void => {
  if (request.loginRoute !== 'tls' || login === undefined) return
  const service = provider.logins?.find(({ id }) => id === login.service)
  if (service?.ownAddress === undefined)
    throw wrong(`${provider.title} reaches ${service?.title ?? 'its login'} by a base URL alone`, 'Leave it out.')
  if (tierOf(request)?.network !== 'gateway')
    throw wrong('the agent of this task does not go through the gateway', 'Use --policy sandboxed.')
  if (request.baseUrl !== undefined) throw wrong('--base-url names another address', 'Leave out one of the two.')
  if (service.ownAddress.paths.length > 0 && login.account === undefined) {
    const id = { provider: provider.id, name: login.name }
    throw new BerthError(
      'no-login',
      `--login-route tls: the login ${login.name} of ${provider.title} is missing, and the agent must know its account`,
      {
        hint: `Log in first: \`${loginCommand(id)}\`.`,
      },
    )
  }
}

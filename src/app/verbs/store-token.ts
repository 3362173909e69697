import { BerthError } from '../../domain/errors.ts'
import type { Login } from '../../domain/login.ts'
import { loginCommand } from '../../domain/login-name.ts'
import type { Deps } from '../deps.ts'
import { loginServiceOf, refuseLoginName } from './login-service.ts'
import { newLogin } from './new-login.ts'

/** Stores a token that a person has as a login. */
export const storeToken = async (
  deps: Pick<Deps, 'clock' | 'config' | 'logins'>,
  asked: {
    readonly agent: string
    readonly service: string | undefined
    readonly name: string
    readonly token: string
  },
): Promise<Login> => {
  const { provider, service } = loginServiceOf(deps, asked.agent, asked.service)
  const { token } = service
  const id = { provider: provider.id, name: asked.name }
  refuseLoginName(asked.name)
  if (token === undefined)
    throw new BerthError('bad-request', `--with-token: ${provider.title} gives its users no token to take along`, {
      hint: `Log in with the agent's own login: \`${loginCommand(id)}\`.`,
    })
  if (asked.token.trim() === '')
    throw new BerthError('bad-request', '--with-token: stdin has no token', {
      hint: 'Pass the token by a file or a pipe: --with-token < FILE.',
    })
  const now = deps.clock.now()
  const issuer = deps.config.settings().loginIssuer
  const login = newLogin({ ...id, kind: 'token', service: service.id, issuer }, () => token(asked.token, now), now)
  await deps.logins.put(login)
  return login
}

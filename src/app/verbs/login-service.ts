import { BerthError } from '../../domain/errors.ts'
import { isLoginName } from '../../domain/login-name.ts'
import type { LoginService, Provider } from '../../providers/provider.ts'
import { didYouMean } from '../../std/suggest.ts'
import type { Deps } from '../deps.ts'
import { unknownProvider } from '../planning/choose-provider.ts'

/** The provider and the service that a login is to be of; without a name, the provider's first. */
export const loginServiceOf = (
  deps: Pick<Deps, 'config'>,
  id: string,
  service: string | undefined,
): { readonly provider: Provider; readonly service: LoginService } => {
  const provider = deps.config.providers.get(id)
  if (provider === undefined) throw unknownProvider(deps, id, [...deps.config.agents().keys()])
  const { logins = [], title } = provider
  const found = service === undefined ? logins[0] : logins.find((one) => one.id === service)
  if (found !== undefined) return { provider, service: found }
  const known = logins.map((one) => one.id)
  const why =
    service === undefined
      ? `${title} has no logins, only keys`
      : `--service ${service}: ${title} has no such service; known: ${known.join(', ')}${didYouMean(service, known)}`
  const hint =
    service === undefined ? `Give it a key: \`berth auth status ${id}\` names its variable.` : 'Name a known service.'
  throw new BerthError('bad-request', why, { hint })
}

export const refuseLoginName = (name: string): void => {
  if (isLoginName(name)) return
  throw new BerthError(
    'bad-request',
    `--name ${name}: a login's name has lower-case letters, digits and -, at most 40`,
    { hint: 'Choose such a name, like --name work.' },
  )
}

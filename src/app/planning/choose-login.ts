import { BerthError } from '../../domain/errors.ts'
import { DEFAULT_LOGIN, type LoginId, loginCommand, loginReference, NO_LOGIN } from '../../domain/login-name.ts'
import type { TaskRequest } from '../../domain/request.ts'
import type { Facts } from '../../plan/facts.ts'
import { routeOf } from '../../plan/route-of.ts'
import type { LoginService, Provider } from '../../providers/provider.ts'
import type { Deps } from '../deps.ts'

/** The key itself, and what the plan says of it. With a login there is no key before the launch. */
export type ChosenKey = { readonly value: string | null; readonly facts: Pick<Facts, 'key' | 'login'> }

type Asked = Pick<TaskRequest, 'credentials' | 'baseUrl' | 'model' | 'login'>
type Input = {
  readonly deps: Pick<Deps, 'config' | 'logins'>
  readonly request: Asked
  readonly provider: Provider
  readonly callerEnv: Readonly<Record<string, string>>
}

const isFor = (service: LoginService, model: string | undefined): boolean => service.matches?.(model ?? null) ?? true

type Found = { readonly service: LoginService; readonly account: string | null }

/** The service of a login; of one that is missing, the first that has the model. Undefined: none has it. */
const findLogin = async (
  { deps, request, provider }: Pick<Input, 'deps' | 'request' | 'provider'>,
  id: LoginId,
): Promise<Found | undefined> => {
  const fitting = (provider.logins ?? []).filter((one) => isFor(one, request.model))
  // One that cannot be read is mended as a missing one is: by another `auth login`.
  const login = await deps.logins.find(id).catch(() => null)
  const service = login === null ? fitting[0] : fitting.find((one) => one.id === login.service)
  return service === undefined ? undefined : { service, account: login?.account ?? null }
}

const withLogin = (id: LoginId, { service, account }: Found): ChosenKey => {
  const login = { name: id.name, service: service.id, ...(account === null ? {} : { account }) }
  return { value: null, facts: { key: { reference: loginReference(id), present: true }, login } }
}

/** The login that a task named, or had before. */
export const namedLogin = async (
  input: Pick<Input, 'deps' | 'request' | 'provider'>,
  name: string,
): Promise<ChosenKey> => {
  const { request, provider } = input
  if (provider.logins === undefined)
    throw new BerthError('bad-request', `--login ${name}: ${provider.title} has no logins, only keys`)
  const id = { provider: provider.id, name }
  const found = await findLogin(input, id)
  if (found === undefined)
    throw new BerthError('bad-request', `--login ${name}: the model ${request.model} is not one of this login`)
  return withLogin(id, found)
}

const withBaseUrlWay = (error: unknown): unknown =>
  error instanceof BerthError && error.code === 'no-credentials'
    ? new BerthError('no-credentials', error.message, {
        cause: error,
        hint: `${error.hint} For a model that needs no key, give --base-url.`,
      })
    : error

/** The model's key by its reference; none is fine where the model is named by --base-url. */
const keyOf = async ({ deps, request, provider, callerEnv }: Input): Promise<ChosenKey> => {
  const { key } = routeOf(provider, request)
  if (key === null) return { value: null, facts: { key: null } }
  const reference = request.credentials[key.env] ?? `env:${key.env}`
  try {
    return { value: await deps.config.credential(reference, callerEnv), facts: { key: { reference, present: true } } }
  } catch (error) {
    if (!reference.startsWith('env:')) throw error
    if (request.baseUrl === undefined) throw withBaseUrlWay(error)
    return { value: null, facts: { key: { reference, present: false } } }
  }
}

/** The command that makes a login of this service, beside the one in use, and how a task then names it. */
const wayTo = ({ id: service }: LoginService, { deps, provider }: Input): string => {
  const isFirst = provider.logins?.[0]?.id === service
  const name = isFirst || deps.logins.chosen(provider.id) === null ? DEFAULT_LOGIN : service
  const command = `${loginCommand({ provider: provider.id, name })}${isFirst ? '' : ` --service ${service}`}`
  return `\`${command}\`${name === DEFAULT_LOGIN ? '' : `, and run the task with \`--login ${name}\``}`
}

/** Names the login that has the model, for an agent that has logins: beside a missing key, or as the only way. */
const withLoginWay = (error: unknown, input: Input): unknown => {
  const { provider, request } = input
  const service = provider.logins?.find((one) => isFor(one, request.model))
  if (!(error instanceof BerthError) || service === undefined) return error
  if (error.code === 'no-credentials')
    return new BerthError('no-credentials', error.message, {
      cause: error,
      hint: `${error.hint} Or log in with a subscription: ${wayTo(service, input)}.`,
    })
  if (error.code !== 'bad-request') return error
  const why = `--model ${request.model}: ${provider.title} reaches this model by a login of ${service.title}, and the task has none`
  return new BerthError('no-credentials', why, { cause: error, hint: `Log in: ${wayTo(service, input)}.` })
}

/**
 * True where no login stands in for a missing key: the request names its key, or says `none`, or names a model of its own,
 * which gets no token that nobody named for it.
 */
const wantsKey = ({ request, provider }: Input): boolean =>
  request.login === NO_LOGIN ||
  request.baseUrl !== undefined ||
  (provider.key !== null && request.credentials[provider.key.env] !== undefined)

/**
 * A key or a login: what the request names; else the key if it is there, else the provider's login in use.
 */
export const chooseKey = async (input: Input): Promise<ChosenKey> => {
  const { deps, request, provider } = input
  if (request.login !== undefined && request.login !== NO_LOGIN) return await namedLogin(input, request.login)
  try {
    return await keyOf(input)
  } catch (error) {
    const name = wantsKey(input) ? null : deps.logins.chosen(provider.id)
    const id = name === null ? null : { provider: provider.id, name }
    const found = id === null ? undefined : await findLogin(input, id)
    if (id === null || found === undefined) throw withLoginWay(error, input)
    return withLogin(id, found)
  }
}

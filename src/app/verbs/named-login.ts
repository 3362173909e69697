import { BerthError } from '../../domain/errors.ts'
import { DEFAULT_LOGIN, type LoginId } from '../../domain/login-name.ts'
import type { Deps } from '../deps.ts'
import { loginServiceOf } from './login-service.ts'

type Asked = { readonly agent: string; readonly name: string }

/** The login that a caller names. It need not be one that can be read. */
const loginNamed = async (deps: Pick<Deps, 'config' | 'logins'>, { agent, name }: Asked): Promise<LoginId> => {
  loginServiceOf(deps, agent, undefined)
  const { logins, broken } = await deps.logins.list()
  const names = [...logins.map(({ login }) => login), ...broken].flatMap((one) =>
    one.provider === agent ? [one.name] : [],
  )
  if (names.includes(name)) return { provider: agent, name }
  const known = names.length === 0 ? `${agent} has no login` : `there is: ${names.join(', ')}`
  throw new BerthError('no-login', `there is no login ${agent}/${name}; ${known}`, {
    hint:
      names.length > 0 && name === DEFAULT_LOGIN
        ? 'Name the login with --name.'
        : 'List the logins with `berth auth status`.',
  })
}

/** Has tasks of an agent use this login unless they name another one. */
export const useLogin = async (deps: Pick<Deps, 'config' | 'logins'>, asked: Asked): Promise<LoginId> => {
  const id = await loginNamed(deps, asked)
  await deps.logins.choose(id)
  return id
}

/** Removes a login from this machine. Refuses one that running tasks use, unless forced. */
export const removeLogin = async (
  deps: Pick<Deps, 'config' | 'logins'>,
  asked: Asked & { readonly force: boolean },
): Promise<LoginId> => {
  const id = await loginNamed(deps, asked)
  const { logins } = await deps.logins.list()
  const tasks = logins.find(({ login }) => login.provider === id.provider && login.name === id.name)?.tasks ?? []
  if (tasks.length > 0 && !asked.force)
    throw new BerthError('not-allowed', `the login ${id.provider}/${id.name} is in use by ${tasks.join(', ')}`, {
      hint: 'Wait for these tasks, stop them, or remove the login with --force: then they are blocked at the next refresh.',
    })
  await deps.logins.remove(id)
  return id
}

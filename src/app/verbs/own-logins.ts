import type * as z from 'zod'
import type { LoginAnswer } from '../../api/answers.ts'
import type { copyBody, loginBody, logoutBody, tokenBody } from '../../api/bodies.ts'
import type { Login } from '../../domain/login.ts'
import type { LoginId } from '../../domain/login-name.ts'
import type { Deps } from '../deps.ts'
import { copyLogin } from './copy-login.ts'
import { removeLogin, useLogin } from './named-login.ts'
import { storeToken } from './store-token.ts'

type Asked = z.output<typeof loginBody>
const named = ({ provider: agent, name }: LoginId) => ({ agent, name })

const answered = (login: Login): LoginAnswer => {
  const { service, kind, who, plan, expiresAt } = login
  return { ...named(login), service, kind, who, plan, expiresAt }
}

/** What a caller has done with logins. */
export const ownLogins = (deps: Deps) => ({
  async logins(): Promise<readonly Asked[]> {
    const { logins, broken } = await deps.logins.list()
    return [...logins.map(({ login }) => login), ...broken].map(named)
  },
  storeToken: async ({ service, ...asked }: z.output<typeof tokenBody>): Promise<LoginAnswer> =>
    answered(await storeToken(deps, { ...asked, service })),
  copyLogin: async ({ service, ...asked }: z.output<typeof copyBody>): Promise<LoginAnswer> =>
    answered(await copyLogin(deps, { ...asked, service })),
  useLogin: async (asked: Asked) => named(await useLogin(deps, asked)),
  logout: async (asked: z.output<typeof logoutBody>) => named(await removeLogin(deps, asked)),
})

import { BerthError } from '../../domain/errors.ts'
import type { Login } from '../../domain/login.ts'
import { type LoginId, loginCommand } from '../../domain/login-name.ts'
import { parseLogin } from '../../domain/parse-login.ts'
import type { LoginPart } from '../../providers/provider.ts'
import { errorMessage } from '../../std/error-message.ts'

/** For a login that did not come about: nothing was stored. */
export const loginFailed = (id: LoginId, why: string, cause?: unknown): BerthError =>
  new BerthError('login-failed', `${id.provider}: ${why}; nothing was stored`, {
    hint: `Log in again: \`${loginCommand(id)}\`.`,
    ...(cause === undefined ? {} : { cause }),
  })

/** The login that a file or a token tells of. `read` throws Error with a sentence. */
export const newLogin = (
  about: Pick<Login, 'provider' | 'name' | 'kind' | 'service' | 'issuer'>,
  read: () => LoginPart,
  now: Date,
): Login => {
  let part: LoginPart
  try {
    part = read()
  } catch (error) {
    throw loginFailed(about, errorMessage(error), error)
  }
  const login = parseLogin({
    v: 1,
    refresh: null,
    expiresAt: null,
    account: null,
    who: null,
    plan: null,
    scopes: null,
    ...about,
    ...part,
    extra: { ...part.extra },
    createdAt: now.toISOString(),
    refreshedAt: null,
    problem: null,
  })
  if (!login.ok) throw loginFailed(about, `what it holds is ${login.error}`)
  return login.value
}

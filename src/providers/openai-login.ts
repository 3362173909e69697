import type { Login } from '../domain/login.ts'
import { child, type JsonObject } from './json-field.ts'
import {
  answerObject,
  claimsOf,
  expiryIn,
  expiryOf,
  optionalSecret,
  plainWords,
  present,
  secret,
} from './login-file.ts'
import type { LoginPart, LoginService } from './provider.ts'

/** What OpenAI's issuer knows the Codex CLI by; opencode signs in as the same client. */
const CLIENT = 'app_EMoamEEZ73f0CkXaXp7hrann'
export const OPENAI_CLAIM = 'https://api.openai.com/auth'

export const openaiApi: LoginService['api'] = {
  defaultBaseUrl: 'https://chatgpt.com/backend-api/codex',
  emptyPath: '/backend-api/codex',
  header: 'authorization-bearer',
}

/** Beside them, the account's cloud tasks and conversations are on that host. */
export const OPENAI_PATHS = ['/responses', '/responses/*', '/models']

/** The loopback port of the flow by browser: the issuer sends the browser there and nowhere else. */
export const OPENAI_CALLBACK_PORT = 1455

export const openaiHeaders = ({ account }: Login): Readonly<Record<string, string>> =>
  account === null ? {} : { 'chatgpt-account-id': account }

/** Who has the account, by the claims of its tokens. */
export const openaiAccount = (tokens: readonly (string | null)[]): Pick<LoginPart, 'account' | 'who' | 'plan'> => {
  const claims = tokens.map(claimsOf)
  const first = (read: (of: JsonObject) => string | null) => claims.map(read).find((value) => value !== null) ?? null
  return present({
    account: first((of) => optionalSecret(child(of, OPENAI_CLAIM), 'chatgpt_account_id')),
    who: first((of) => plainWords(of, 'email')),
    plan: first((of) => plainWords(child(of, OPENAI_CLAIM), 'chatgpt_plan_type')),
  })
}

export const openaiRefresh: NonNullable<LoginService['refresh']> = {
  url: 'https://auth.openai.com/oauth/token',
  type: 'json',
  body: ({ refresh }) => ({ client_id: CLIENT, grant_type: 'refresh_token', refresh_token: refresh ?? '' }),
  read: (answer, now) => {
    const object = answerObject(answer)
    const access = secret(object, 'access_token')
    const idToken = optionalSecret(object, 'id_token')
    return {
      access,
      expiresAt: expiryOf(access) ?? expiryIn(object, now),
      ...openaiAccount([idToken, access]),
      ...present({ refresh: optionalSecret(object, 'refresh_token') }),
      ...(idToken === null ? {} : { extra: { id_token: idToken } }),
    }
  },
}

export const OPENAI_CHECK: LoginService['check'] = { method: 'GET', path: '/models?client_version=0.169.0' }

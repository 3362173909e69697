import type { Login } from '../domain/login.ts'
import { isObject } from './json-field.ts'
import { credentialFile, expiryOf, optionalSecret, secret, unsignedToken } from './login-file.ts'
import {
  OPENAI_CALLBACK_PORT,
  OPENAI_CHECK,
  OPENAI_CLAIM,
  OPENAI_PATHS,
  openaiAccount,
  openaiApi,
  openaiHeaders,
  openaiRefresh,
} from './openai-login.ts'
import type { LoginPart, LoginService } from './provider.ts'

const PATH = '.codex/auth.json'
/** Where no expiry is known: far enough for a turn, so that the CLI does not refresh. */
const FAR_SECONDS = 4_102_444_800

/** The CLI reads account and plan from this token and checks no signature. */
const idToken = ({ account, plan, who, expiresAt }: Login): string =>
  unsignedToken({
    exp: expiresAt === null ? FAR_SECONDS : Math.floor(Date.parse(expiresAt) / 1000),
    ...(who === null ? {} : { email: who }),
    [OPENAI_CLAIM]: { chatgpt_account_id: account ?? '', chatgpt_plan_type: plan ?? 'plus' },
  })

const read = (text: string): LoginPart => {
  const file = credentialFile(text)
  const mode = file['auth_mode'] ?? 'chatgpt'
  const { tokens } = file
  if (mode !== 'chatgpt' || !isObject(tokens)) throw new Error('the credential file holds no ChatGPT login')
  const access = secret(tokens, 'access_token')
  const id = optionalSecret(tokens, 'id_token')
  const named = optionalSecret(tokens, 'account_id')
  return {
    access,
    refresh: optionalSecret(tokens, 'refresh_token'),
    expiresAt: expiryOf(access) ?? expiryOf(id),
    account: null,
    who: null,
    plan: null,
    ...openaiAccount([id, access]),
    ...(named === null ? {} : { account: named }),
    extra: id === null ? {} : { id_token: id },
  }
}

const write = (login: Login): string =>
  JSON.stringify({
    auth_mode: 'chatgpt',
    OPENAI_API_KEY: null,
    tokens: {
      id_token: login.extra['id_token'] ?? idToken(login),
      access_token: login.access,
      refresh_token: login.refresh ?? '',
      account_id: login.account,
    },
    last_refresh: login.refreshedAt ?? login.createdAt,
  })

/** A file by which the CLI takes itself for logged in. Its tokens are the placeholder, and do not expire. */
export const placeholderFile = (placeholder: string, account: string | null) => ({
  path: PATH,
  text: write({
    v: 1,
    provider: 'codex',
    name: 'placeholder',
    kind: 'subscription',
    service: 'chatgpt',
    access: placeholder,
    refresh: placeholder,
    expiresAt: null,
    account: account ?? placeholder,
    who: null,
    plan: null,
    scopes: null,
    extra: {},
    issuer: null,
    createdAt: new Date(FAR_SECONDS * 1000).toISOString(),
    refreshedAt: null,
    problem: null,
  }),
  mode: 0o600,
})

/** ChatGPT's subscription in the Codex CLI. */
export const codexLogin: LoginService = {
  id: 'chatgpt',
  title: 'ChatGPT',
  api: openaiApi,
  paths: OPENAI_PATHS,
  // It works in no account that is not among these.
  ownAddress: { paths: ['/backend-api/wham/accounts/check'] },
  headers: openaiHeaders,
  refresh: openaiRefresh,
  file: { path: PATH, folder: { path: '.codex', variable: 'CODEX_HOME' }, read, write },
  signIn: {
    argv: ({ browser, issuer }) => [
      'login',
      ...(browser ? [] : ['--device-auth']),
      // Of the flow by code alone: the other one ignores it.
      ...(issuer === null || browser ? [] : ['--experimental_issuer', issuer]),
    ],
    env: {},
    files: [],
    hosts: ['auth.openai.com:443 tunnel'],
    callbackPort: OPENAI_CALLBACK_PORT,
    inPipes: true,
  },
  check: OPENAI_CHECK,
}

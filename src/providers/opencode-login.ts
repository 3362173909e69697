import type { Login } from '../domain/login.ts'
import { isObject, type JsonObject } from './json-field.ts'
import { credentialFile, expiryOf, instant, optionalSecret, secret } from './login-file.ts'
import {
  OPENAI_CALLBACK_PORT,
  OPENAI_CHECK,
  OPENAI_PATHS,
  openaiAccount,
  openaiApi,
  openaiHeaders,
  openaiRefresh,
} from './openai-login.ts'
import { splitModel } from './opencode-route.ts'
import type { LoginPart, LoginService } from './provider.ts'

const PATH = '.local/share/opencode/auth.json'
const FOLDER = { path: '.local/share', variable: 'XDG_DATA_HOME' } as const
/** So late that the CLI refreshes nothing. */
const FAR_MS = 9_999_999_999_999
const QUIET = { OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1' }

/** The login of one of its model providers: the file holds those of all. */
const entryOf = (text: string, provider: string): JsonObject => {
  const entry = credentialFile(text)[provider]
  if (isObject(entry) && entry['type'] === 'oauth') return entry
  throw new Error(`the credential file holds no login of ${provider}`)
}

const write =
  (provider: string) =>
  (login: Login): string =>
    JSON.stringify({
      [provider]: {
        type: 'oauth',
        refresh: login.refresh ?? login.access,
        access: login.access,
        // 0: it does not expire.
        expires: login.expiresAt === null ? 0 : Date.parse(login.expiresAt),
        ...(login.account === null ? {} : { accountId: login.account }),
      },
    })

const isOf = (provider: string) => (model: string | null) => model?.startsWith(`${provider}/`) ?? false

const readOpenai = (text: string): LoginPart => {
  const entry = entryOf(text, 'openai')
  const access = secret(entry, 'access')
  const named = optionalSecret(entry, 'accountId')
  return {
    access,
    refresh: optionalSecret(entry, 'refresh'),
    expiresAt: instant(entry['expires']) ?? expiryOf(access),
    account: null,
    who: null,
    plan: null,
    ...openaiAccount([access]),
    ...(named === null ? {} : { account: named }),
  }
}

/** GitHub's token does not expire; the CLI writes it twice. */
const readCopilot = (text: string): LoginPart => ({
  access: secret(entryOf(text, 'github-copilot'), 'refresh'),
  refresh: null,
  expiresAt: null,
  account: null,
})

/** The variable's value by which the CLI takes itself for logged in. Its tokens are the placeholder, and do not expire. */
export const placeholderLogin = (model: string | null, placeholder: string): string => {
  const tokens = { type: 'oauth', refresh: placeholder, access: placeholder }
  return JSON.stringify({
    [splitModel(model).provider]: copilot.matches?.(model)
      ? { ...tokens, expires: 0 }
      : { ...tokens, expires: FAR_MS, accountId: placeholder },
  })
}

/** ChatGPT's subscription in opencode, for models openai/... */
const chatgpt: LoginService = {
  id: 'chatgpt',
  title: 'ChatGPT',
  matches: (model) => model === null || isOf('openai')(model),
  api: openaiApi,
  paths: OPENAI_PATHS,
  headers: openaiHeaders,
  refresh: openaiRefresh,
  file: { path: PATH, folder: FOLDER, read: readOpenai, write: write('openai') },
  signIn: {
    argv: ({ browser }) => [
      'auth',
      'login',
      '-p',
      'openai',
      '-m',
      browser ? 'ChatGPT Pro/Plus (browser)' : 'ChatGPT Pro/Plus (headless)',
    ],
    env: QUIET,
    files: [],
    hosts: ['auth.openai.com:443 tunnel'],
    callbackPort: OPENAI_CALLBACK_PORT,
  },
  check: OPENAI_CHECK,
}

/** GitHub Copilot in opencode, for models github-copilot/... */
const copilot: LoginService = {
  id: 'copilot',
  title: 'GitHub Copilot',
  matches: isOf('github-copilot'),
  api: { defaultBaseUrl: 'https://api.githubcopilot.com', emptyPath: '', header: 'authorization-bearer' },
  paths: ['/responses', '/chat/completions', '/v1/messages', '/models'],
  headers: () => ({}),
  refresh: null,
  file: { path: PATH, folder: FOLDER, read: readCopilot, write: write('github-copilot') },
  signIn: {
    argv: () => ['auth', 'login', '-p', 'github-copilot'],
    env: QUIET,
    files: [],
    // A forge takes no tunnel: the gateway reads these requests.
    hosts: ['github.com:443 POST /login/device/code /login/oauth/access_token'],
  },
  check: { method: 'GET', path: '/models' },
}

export const opencodeLogins: readonly LoginService[] = [chatgpt, copilot]

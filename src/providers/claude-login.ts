import type { Login } from '../domain/login.ts'
import { child, isObject } from './json-field.ts'
import {
  answerObject,
  credentialFile,
  expiryIn,
  instant,
  optionalSecret,
  plainWords,
  present,
  secret,
} from './login-file.ts'
import type { LoginPart, LoginService } from './provider.ts'

const CLIENT = '9d1c250a-e61b-44d9-88ed-5944d1962f5e'
/** Of tokens that `claude setup-token` prints. */
const TOKEN = /^sk-ant-oat[0-9A-Za-z]*-[\x21-\x7e]{1,4096}$/
/** What the file holds beside, as texts and as numbers. */
const TEXTS = ['rateLimitTier', 'clientId'] as const
const NUMBERS = ['refreshTokenExpiresAt'] as const

const scopesOf = (scopes: unknown): string | null =>
  Array.isArray(scopes) ? plainWords({ scopes: scopes.join(' ') }, 'scopes') : null

const read = (text: string): LoginPart => {
  const { claudeAiOauth: oauth } = credentialFile(text)
  if (!isObject(oauth)) throw new Error('the credential file holds no Claude login')
  const numbers = NUMBERS.map((field) => [field, typeof oauth[field] === 'number' ? String(oauth[field]) : null])
  return {
    access: secret(oauth, 'accessToken'),
    refresh: optionalSecret(oauth, 'refreshToken'),
    expiresAt: instant(oauth['expiresAt']),
    account: null,
    who: null,
    plan: plainWords(oauth, 'subscriptionType'),
    scopes: scopesOf(oauth['scopes']),
    extra: present({
      ...Object.fromEntries(TEXTS.map((field) => [field, plainWords(oauth, field)])),
      ...Object.fromEntries(numbers),
    }),
  }
}

const write = (login: Login): string =>
  JSON.stringify({
    claudeAiOauth: {
      accessToken: login.access,
      refreshToken: login.refresh,
      expiresAt: login.expiresAt === null ? null : Date.parse(login.expiresAt),
      scopes: (login.scopes ?? 'user:inference').split(' '),
      subscriptionType: login.plan,
      ...Object.fromEntries(TEXTS.flatMap((field) => (login.extra[field] ? [[field, login.extra[field]]] : []))),
      ...Object.fromEntries(NUMBERS.flatMap((field) => (login.extra[field] ? [[field, +login.extra[field]]] : []))),
    },
  })

/** A subscription of Claude, or a token of `claude setup-token`. */
export const claudeLogin: LoginService = {
  id: 'claude',
  title: 'Claude',
  api: { defaultBaseUrl: 'https://api.anthropic.com', emptyPath: '', header: 'authorization-bearer' },
  // Elsewhere on that host are the account's profile, its sessions and a way to keys.
  paths: ['/v1/messages', '/v1/messages/count_tokens', '/v1/models', '/v1/models/*'],
  ownAddress: { paths: [] },
  // The CLI sends anthropic-beta by itself when it has a login's variable.
  headers: () => ({}),
  refresh: {
    url: 'https://platform.claude.com/v1/oauth/token',
    type: 'json',
    body: ({ refresh, scopes, extra }) => ({
      grant_type: 'refresh_token',
      refresh_token: refresh ?? '',
      client_id: extra['clientId'] ?? CLIENT,
      ...(scopes === null ? {} : { scope: scopes }),
    }),
    read: (answer, now) => {
      const object = answerObject(answer)
      return {
        access: secret(object, 'access_token'),
        expiresAt: expiryIn(object, now),
        ...present({
          refresh: optionalSecret(object, 'refresh_token'),
          scopes: plainWords(object, 'scope'),
          who: plainWords(child(object, 'account'), 'email_address'),
        }),
      }
    },
  },
  file: {
    path: '.claude/.credentials.json',
    folder: { path: '.claude', variable: 'CLAUDE_CONFIG_DIR' },
    read,
    write,
  },
  signIn: {
    argv: () => ['auth', 'login'],
    env: { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1' },
    files: [],
    hosts: ['platform.claude.com:443 tunnel', 'api.anthropic.com:443 tunnel', 'claude.com:443 tunnel'],
  },
  token: (text) => {
    const token = text.trim()
    if (!TOKEN.test(token)) throw new Error('it does not look like a token of `claude setup-token` (sk-ant-oat...)')
    return { access: token, refresh: null, expiresAt: null, scopes: 'user:inference' }
  },
  check: {
    method: 'GET',
    path: '/v1/models',
    headers: { 'anthropic-version': '2023-06-01', 'anthropic-beta': 'oauth-2025-04-20' },
  },
}

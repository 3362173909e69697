import type { Login } from '../domain/login.ts'
import {
  answerObject,
  claimsOf,
  credentialFile,
  expiryIn,
  instant,
  optionalSecret,
  plainWords,
  present,
  secret,
} from './login-file.ts'
import type { LoginPart, LoginService } from './provider.ts'

/**
 * Google refreshes a token for the client alone that asked for it, and the CLI's client is a constant of its program. So
 * it is read there when the login is made and stays with the login: another version of the CLI may be another client.
 */
const CLIENT_FIELDS = { id: 'client_id', secret: 'client_secret' } as const
const CLIENT =
  /\bOAUTH_CLIENT_ID = "([\x21\x23-\x7e]{1,200})";\s*(?:var |const )?OAUTH_CLIENT_SECRET = "([\x21\x23-\x7e]{1,200})"/

const clientIn = (text: string): Readonly<Record<string, string>> | undefined => {
  const [, id, word] = CLIENT.exec(text) ?? []
  return id === undefined || word === undefined ? undefined : { [CLIENT_FIELDS.id]: id, [CLIENT_FIELDS.secret]: word }
}

const read = (text: string): LoginPart => {
  const file = credentialFile(text)
  const id = optionalSecret(file, 'id_token')
  return {
    access: secret(file, 'access_token'),
    refresh: optionalSecret(file, 'refresh_token'),
    expiresAt: instant(file['expiry_date']),
    account: null,
    who: plainWords(claimsOf(id), 'email'),
    plan: null,
    scopes: plainWords(file, 'scope'),
    extra: present({ id_token: id, token_type: plainWords(file, 'token_type') }),
  }
}

const write = (login: Login): string =>
  JSON.stringify({
    access_token: login.access,
    ...(login.refresh === null ? {} : { refresh_token: login.refresh }),
    ...(login.scopes === null ? {} : { scope: login.scopes }),
    token_type: login.extra['token_type'] ?? 'Bearer',
    ...(login.extra['id_token'] === undefined ? {} : { id_token: login.extra['id_token'] }),
    ...(login.expiresAt === null ? {} : { expiry_date: Date.parse(login.expiresAt) }),
  })

/** A Google account in the Gemini CLI: Gemini Code Assist. */
export const geminiLogin: LoginService = {
  id: 'google',
  title: 'Google',
  api: { defaultBaseUrl: 'https://cloudcode-pa.googleapis.com', emptyPath: '', header: 'authorization-bearer' },
  paths: ['/v1internal:*'],
  headers: () => ({}),
  refresh: {
    url: 'https://oauth2.googleapis.com/token',
    type: 'form',
    body: ({ refresh, extra }) => ({
      refresh_token: refresh ?? '',
      client_id: extra[CLIENT_FIELDS.id] ?? '',
      client_secret: extra[CLIENT_FIELDS.secret] ?? '',
      grant_type: 'refresh_token',
    }),
    read: (answer, now) => {
      const object = answerObject(answer)
      const id = optionalSecret(object, 'id_token')
      return {
        access: secret(object, 'access_token'),
        expiresAt: expiryIn(object, now),
        // Google keeps the refresh token, and may send another one.
        ...present({
          refresh: optionalSecret(object, 'refresh_token'),
          scopes: plainWords(object, 'scope'),
          who: plainWords(claimsOf(id), 'email'),
        }),
        ...(id === null ? {} : { extra: { id_token: id } }),
      }
    },
  },
  file: { path: '.gemini/oauth_creds.json', read, write },
  program: { folder: 'lib/gemini', read: clientIn },
  signIn: {
    argv: () => ['--skip-trust'],
    env: { NO_BROWSER: 'true', GEMINI_CLI_NO_RELAUNCH: 'true' },
    files: [
      {
        path: '.gemini/settings.json',
        text: JSON.stringify({
          security: { auth: { selectedType: 'oauth-personal' } },
          general: { enableAutoUpdate: false },
          privacy: { usageStatisticsEnabled: false },
        }),
        mode: 0o600,
      },
    ],
    hosts: [
      'oauth2.googleapis.com:443 tunnel',
      'www.googleapis.com:443 tunnel',
      'cloudcode-pa.googleapis.com:443 tunnel',
    ],
    goesOn: true,
  },
  check: {
    method: 'POST',
    path: '/v1internal:loadCodeAssist',
    body: JSON.stringify({
      metadata: { ideType: 'IDE_UNSPECIFIED', platform: 'PLATFORM_UNSPECIFIED', pluginType: 'GEMINI' },
    }),
    headers: { 'content-type': 'application/json' },
  },
}

import { describe, expect, it } from 'vitest'
import { aLogin, EXPIRES_AT, EXPIRY, openaiToken } from '../../test/fixtures/logins.ts'
import { claude } from './claude.ts'
import { codex } from './codex.ts'
import { gemini } from './gemini.ts'
import { unsignedToken } from './login-file.ts'
import { opencode } from './opencode.ts'
import type { LoginService, Provider } from './provider.ts'

const NOW = new Date('2026-11-30T12:00:00.000Z')

const serviceOf = (provider: Provider, id: string): LoginService => {
  const service = provider.logins?.find((one) => one.id === id)
  if (service === undefined) throw new Error(`${provider.id} has no ${id}`)
  return service
}

const chatgpt = serviceOf(codex, 'chatgpt')
const anthropic = serviceOf(claude, 'claude')
const google = serviceOf(gemini, 'google')
const opencodeChatgpt = serviceOf(opencode, 'chatgpt')
const copilot = serviceOf(opencode, 'copilot')

const idToken = openaiToken()
const access = openaiToken({ email: 'other@example.invalid' })

/** Files with the fields that logins.md found in those of the real CLIs. */
const FILES: readonly { readonly service: LoginService; readonly file: object; readonly read: object }[] = [
  {
    service: chatgpt,
    file: {
      auth_mode: 'chatgpt',
      OPENAI_API_KEY: null,
      tokens: { id_token: idToken, access_token: access, refresh_token: 'rt-1', account_id: 'acct-1' },
      last_refresh: '2026-11-29T00:00:00Z',
    },
    read: {
      access,
      refresh: 'rt-1',
      expiresAt: EXPIRES_AT,
      account: 'acct-1',
      who: 'user@example.invalid',
      plan: 'pro',
      extra: { id_token: idToken },
    },
  },
  {
    service: anthropic,
    file: {
      claudeAiOauth: {
        accessToken: 'sk-ant-oat01-A',
        refreshToken: 'sk-ant-ort01-B',
        expiresAt: EXPIRY * 1000,
        refreshTokenExpiresAt: (EXPIRY + 60) * 1000,
        scopes: ['user:inference', 'user:profile'],
        subscriptionType: 'max',
        rateLimitTier: 'default_claude_max_5x',
      },
      mcpOAuth: { server: { accessToken: 'of somebody else' } },
    },
    read: {
      access: 'sk-ant-oat01-A',
      refresh: 'sk-ant-ort01-B',
      expiresAt: EXPIRES_AT,
      account: null,
      who: null,
      plan: 'max',
      scopes: 'user:inference user:profile',
      extra: { rateLimitTier: 'default_claude_max_5x', refreshTokenExpiresAt: `${(EXPIRY + 60) * 1000}` },
    },
  },
  {
    service: google,
    file: {
      access_token: 'ya29.A',
      refresh_token: '1//B',
      scope: 'https://www.googleapis.com/auth/cloud-platform openid',
      token_type: 'Bearer',
      id_token: idToken,
      expiry_date: EXPIRY * 1000,
    },
    read: {
      access: 'ya29.A',
      refresh: '1//B',
      expiresAt: EXPIRES_AT,
      account: null,
      who: 'user@example.invalid',
      plan: null,
      scopes: 'https://www.googleapis.com/auth/cloud-platform openid',
      extra: { id_token: idToken, token_type: 'Bearer' },
    },
  },
  {
    service: opencodeChatgpt,
    file: {
      openai: { type: 'oauth', refresh: 'rt-1', access, expires: EXPIRY * 1000, accountId: 'acct-2' },
      anthropic: { type: 'api', key: 'of somebody else' },
    },
    read: {
      access,
      refresh: 'rt-1',
      expiresAt: EXPIRES_AT,
      account: 'acct-2',
      who: 'other@example.invalid',
      plan: 'pro',
    },
  },
  {
    service: copilot,
    file: { 'github-copilot': { type: 'oauth', refresh: 'gho_A', access: 'gho_A', expires: 0 } },
    read: { access: 'gho_A', refresh: null, expiresAt: null, account: null },
  },
]

describe.each(FILES)('$service.title: $service.file.path', ({ service, file, read }) => {
  it('is read', () => {
    expect(service.file.read(JSON.stringify(file), NOW)).toEqual(read)
  })

  it('is written so that it reads as the same login', () => {
    const login = aLogin({ ...service.file.read(JSON.stringify(file), NOW), createdAt: NOW.toISOString() })
    expect(service.file.read(service.file.write(login), NOW)).toEqual(read)
    expect(service.file.write(login)).not.toContain('of somebody else')
  })

  const hostile: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['no JSON', 'access_token = x'],
    ['half a file', JSON.stringify(file).slice(0, -3)],
    ['a list', '[]'],
    ['null', 'null'],
    ['an empty object', '{}'],
    ['endless nesting', `${'{"tokens":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['a file that is too large', JSON.stringify({ ...file, pad: 'x'.repeat(1_100_000) })],
    // Each of its tokens is something else.
    ...[5, {}, ['a'], true, 'two\r\nlines', 'a b', 'ключ', 'x'.repeat(20_000)].map(
      (value): readonly [string, string] => [
        `a token that is ${JSON.stringify(value).slice(0, 20)}`,
        JSON.stringify(file, (key, old) =>
          /^(access_token|accessToken|access|refresh_token|refreshToken|refresh)$/.test(key) ? value : old,
        ),
      ],
    ),
  ]
  it.each(hostile)('is refused for %s, in words without a value of it', (_, text) => {
    const refused = () => service.file.read(text, NOW)
    expect(refused).toThrow(Error)
    try {
      refused()
    } catch (error) {
      expect((error as Error).message).toMatch(/^[\x20-\x7e]{5,120}$/)
      expect((error as Error).message).not.toMatch(/sk-ant|rt-1|gho_|ya29|two/)
    }
  })
})

describe("odd things beside the tokens do not matter, and reach no person's terminal", () => {
  it('codex: an account, a plan and an expiry that are none', () => {
    const odd = unsignedToken({
      exp: 1e300,
      email: 'a\u001b[2Jb',
      'https://api.openai.com/auth': { chatgpt_plan_type: '\u202e', chatgpt_account_id: null },
    })
    const file = { tokens: { id_token: odd, access_token: 'opaque', refresh_token: 'rt' } }
    expect(chatgpt.file.read(JSON.stringify(file), NOW)).toMatchObject({
      expiresAt: null,
      account: null,
      who: null,
      plan: null,
    })
  })

  it('codex: a file that holds an API key is no login', () => {
    const file = { auth_mode: 'apikey', OPENAI_API_KEY: 'sk-1', tokens: null }
    expect(() => chatgpt.file.read(JSON.stringify(file), NOW)).toThrow('holds no ChatGPT login')
  })

  it('claude, gemini, opencode: expiries that are none', () => {
    const claudeFile = { claudeAiOauth: { accessToken: 'a', refreshToken: 'b', expiresAt: -1, scopes: 'all' } }
    expect(anthropic.file.read(JSON.stringify(claudeFile), NOW)).toMatchObject({ expiresAt: null, scopes: null })
    const geminiFile = { access_token: 'a', expiry_date: '2027' }
    expect(google.file.read(JSON.stringify(geminiFile), NOW)).toMatchObject({ expiresAt: null, refresh: null })
    const opencodeFile = { openai: { type: 'oauth', access: 'a', expires: 1e300 } }
    expect(opencodeChatgpt.file.read(JSON.stringify(opencodeFile), NOW)).toMatchObject({ expiresAt: null })
    expect(() => opencodeChatgpt.file.read('{"openai":{"type":"api","key":"a"}}', NOW)).toThrow('no login of openai')
  })
})

describe('refresh', () => {
  it("asks each issuer in its CLI's own words", () => {
    const asked = (service: LoginService, part: Parameters<typeof aLogin>[0] = {}) => ({
      ...service.refresh,
      body: service.refresh?.body(aLogin(part)),
    })
    expect(asked(chatgpt)).toMatchObject({
      url: 'https://auth.openai.com/oauth/token',
      type: 'json',
      body: { client_id: 'app_EMoamEEZ73f0CkXaXp7hrann', grant_type: 'refresh_token', refresh_token: 'refresh-1' },
    })
    expect(asked(opencodeChatgpt).body).toEqual(asked(chatgpt).body)
    expect(asked(anthropic, { scopes: 'user:inference' })).toMatchObject({
      url: 'https://platform.claude.com/v1/oauth/token',
      type: 'json',
      body: {
        grant_type: 'refresh_token',
        refresh_token: 'refresh-1',
        client_id: '9d1c250a-e61b-44d9-88ed-5944d1962f5e',
        scope: 'user:inference',
      },
    })
    expect(asked(google, { extra: { client_id: 'client', client_secret: 'word' } })).toMatchObject({
      url: 'https://oauth2.googleapis.com/token',
      type: 'form',
      body: { refresh_token: 'refresh-1', client_id: 'client', client_secret: 'word', grant_type: 'refresh_token' },
    })
    expect(copilot.refresh).toBeNull()
  })

  it('reads a new refresh token, and keeps the old one where the issuer names none', () => {
    const openai = { id_token: idToken, access_token: access, refresh_token: 'rt-2', expires_in: 60 }
    expect(chatgpt.refresh?.read(openai, NOW)).toEqual({
      access,
      refresh: 'rt-2',
      expiresAt: EXPIRES_AT,
      account: 'acct-1',
      who: 'user@example.invalid',
      plan: 'pro',
      extra: { id_token: idToken },
    })
    expect(chatgpt.refresh?.read({ access_token: 'opaque', expires_in: 60 }, NOW)).toEqual({
      access: 'opaque',
      expiresAt: '2026-11-30T12:01:00.000Z',
    })
    const claudeAnswer = {
      token_type: 'Bearer',
      access_token: 'sk-ant-oat01-2',
      refresh_token: 'sk-ant-ort01-2',
      expires_in: 28_800,
      scope: 'user:inference user:profile',
      account: { uuid: '1', email_address: 'user@example.invalid' },
    }
    expect(anthropic.refresh?.read(claudeAnswer, NOW)).toEqual({
      access: 'sk-ant-oat01-2',
      refresh: 'sk-ant-ort01-2',
      expiresAt: '2026-11-30T20:00:00.000Z',
      scopes: 'user:inference user:profile',
      who: 'user@example.invalid',
    })
    expect(google.refresh?.read({ access_token: 'ya29.2', expires_in: 3599, scope: 'a b' }, NOW)).toEqual({
      access: 'ya29.2',
      expiresAt: '2026-11-30T12:59:59.000Z',
      scopes: 'a b',
    })
  })

  it.each([
    null,
    'text',
    [],
    {},
    { access_token: '' },
    { access_token: 'a\nb' },
    { access_token: 'a', refresh_token: ['b'] },
  ])('refuses the answer %j', (answer) => {
    for (const { refresh } of [chatgpt, anthropic, google]) expect(() => refresh?.read(answer, NOW)).toThrow(Error)
  })
})

describe('a token that a person has', () => {
  it('is one of `claude setup-token`', () => {
    expect(anthropic.token?.(' sk-ant-oat01-abc_DEF-1\n', NOW)).toEqual({
      access: 'sk-ant-oat01-abc_DEF-1',
      refresh: null,
      expiresAt: null,
      scopes: 'user:inference',
    })
    for (const service of [chatgpt, google, opencodeChatgpt, copilot]) expect(service.token).toBeUndefined()
  })

  it.each(['', 'sk-ant-api03-x', 'sk-ant-oat01-', 'sk-ant-oat01-a b', 'sk-ant-oat01-a\nsk-ant-oat01-b', '{}'])(
    'is refused where it is %j',
    (text) => {
      expect(() => anthropic.token?.(text, NOW)).toThrow('does not look like a token')
    },
  )
})

describe('which service', () => {
  it('opencode: by the model', () => {
    const of = (model: string | null) => opencode.logins?.filter(({ matches }) => matches?.(model)).map(({ id }) => id)
    expect(of(null)).toEqual(['chatgpt'])
    expect(of('openai/gpt-5.5')).toEqual(['chatgpt'])
    expect(of('github-copilot/gpt-5.5')).toEqual(['copilot'])
    expect(of('anthropic/claude-sonnet-5')).toEqual([])
  })
})

describe("what only the CLI's program knows", () => {
  it('gemini: the client that Google knows', () => {
    const text = 'var a = 1;\nvar OAUTH_CLIENT_ID = "one.example";\nvar OAUTH_CLIENT_SECRET = "two";\n'
    expect(google.program?.read(text)).toEqual({ client_id: 'one.example', client_secret: 'two' })
    expect(google.program?.read('clientId: OAUTH_CLIENT_ID, clientSecret: OAUTH_CLIENT_SECRET')).toBeUndefined()
  })
})

describe('the headers that the gateway sets', () => {
  it('name the account for ChatGPT alone', () => {
    const login = aLogin({ account: 'acct-1' })
    expect(chatgpt.headers(login)).toEqual({ 'chatgpt-account-id': 'acct-1' })
    expect(opencodeChatgpt.headers(login)).toEqual({ 'chatgpt-account-id': 'acct-1' })
    expect(chatgpt.headers(aLogin())).toEqual({})
    for (const service of [anthropic, google, copilot]) expect(service.headers(login)).toEqual({})
  })
})

describe('codex: a file that nobody signed', () => {
  it('says what the CLI reads of a login that has no id_token', () => {
    const text = chatgpt.file.write(aLogin({ access: 'placeholder', refresh: 'placeholder', account: 'acct-9' }))
    expect(chatgpt.file.read(text, NOW)).toMatchObject({ access: 'placeholder', account: 'acct-9', plan: 'plus' })
  })
})

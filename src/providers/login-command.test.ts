import { describe, expect, it } from 'vitest'
import { commandInput } from '../../test/conformance/command-input.ts'
import { claude } from './claude.ts'
import { codex } from './codex.ts'
import { gemini } from './gemini.ts'
import { opencode } from './opencode.ts'
import type { CommandInput, Provider } from './provider.ts'

const PLACEHOLDER = 'berth-placeholder-7f3a'
const BASE = 'http://127.0.0.1:3128/backend-api/codex'

/** Both ways in which a CLI runs. */
const commands = (provider: Provider, over: Partial<CommandInput>) => {
  const input = commandInput({ addressGiven: false, ...over })
  const screen = provider.interactive?.({ ...input, prompt: true })
  if (screen === undefined) throw new Error(`${provider.id} has no screen`)
  return [provider.command(input), screen]
}

describe.each([
  [codex, 'chatgpt', null],
  [claude, 'claude', null],
  [gemini, 'google', null],
  [opencode, 'chatgpt', 'openai/gpt-5.5'],
  [opencode, 'copilot', 'github-copilot/gpt-5.5'],
] as const)('$id with a login', (provider, login, model) => {
  it('has the placeholder, and no variable of a key', () => {
    for (const command of commands(provider, { login, model })) {
      const all = JSON.stringify(command)
      expect(all).toContain(PLACEHOLDER)
      expect(Object.keys(command.env)).not.toContain(provider.key?.env)
      expect(all).not.toContain('undefined')
    }
  })
})

describe('codex with a login', () => {
  it('speaks to an entry of its own, as the ChatGPT mode does, and to no further service', () => {
    for (const { argv, files } of commands(codex, { login: 'chatgpt', baseUrl: BASE })) {
      expect(argv).toContain(`model_providers.berth.base_url="${BASE}"`)
      expect(argv).toContain('model_providers.berth.http_headers={"version"="0.169.0"}')
      expect(argv).toContain('features.apps=false')
      expect(argv.join(' ')).not.toMatch(/requires_openai_auth|name="OpenAI"/)
      expect(files.map(({ path }) => path)).not.toContain('.codex/auth.json')
    }
    expect(codex.command(commandInput()).argv.join(' ')).not.toMatch(/http_headers|features\.apps/)
  })

  it("has a file of placeholders at the service's own address", () => {
    for (const { argv, files } of commands(codex, { login: 'chatgpt', ownAddress: { account: 'acct-1' } })) {
      expect(argv.join(' ')).not.toContain('model_provider')
      const file = files.find(({ path }) => path === '.codex/auth.json')
      expect(file?.mode).toBe(0o600)
      expect(JSON.parse(file?.text ?? '')).toMatchObject({
        auth_mode: 'chatgpt',
        OPENAI_API_KEY: null,
        tokens: { access_token: PLACEHOLDER, refresh_token: PLACEHOLDER, account_id: 'acct-1' },
      })
    }
  })
})

describe('claude with a login', () => {
  it("has the login's variable alone", () => {
    for (const { env } of commands(claude, { login: 'claude' })) {
      expect(env).toMatchObject({ CLAUDE_CODE_OAUTH_TOKEN: PLACEHOLDER, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1' })
      expect(env).toHaveProperty('ANTHROPIC_BASE_URL')
      expect(env).not.toHaveProperty('ANTHROPIC_API_KEY')
      expect(env).not.toHaveProperty('ANTHROPIC_AUTH_TOKEN')
    }
  })

  it("has no address at the service's own", () => {
    for (const { env } of commands(claude, { login: 'claude', ownAddress: { account: null } }))
      expect(env).not.toHaveProperty('ANTHROPIC_BASE_URL')
  })
})

describe('gemini with a login', () => {
  it('speaks to Code Assist by the gateway', () => {
    for (const { env, files } of commands(gemini, { login: 'google', baseUrl: 'http://127.0.0.1:3128' })) {
      expect(env).toMatchObject({
        GOOGLE_GENAI_USE_GCA: 'true',
        GOOGLE_CLOUD_ACCESS_TOKEN: PLACEHOLDER,
        CODE_ASSIST_ENDPOINT: 'http://127.0.0.1:3128',
      })
      expect(env).not.toHaveProperty('GEMINI_API_KEY')
      expect(env).not.toHaveProperty('GOOGLE_GEMINI_BASE_URL')
      expect(JSON.parse(files[0]?.text ?? '')).toMatchObject({
        security: { auth: { selectedType: 'oauth-personal' } },
        general: { maxAttempts: 3 },
      })
    }
  })
})

describe('opencode with a login', () => {
  const parts = (over: Partial<CommandInput>) =>
    commands(opencode, over).map(({ env }) => ({
      env,
      auth: JSON.parse(env['OPENCODE_AUTH_CONTENT'] ?? '') as unknown,
      config: JSON.parse(env['OPENCODE_CONFIG_CONTENT'] ?? '') as Record<string, unknown>,
    }))

  it('has tokens of ChatGPT that never expire, and its own plugins', () => {
    for (const { env, auth, config } of parts({ login: 'chatgpt', baseUrl: BASE })) {
      expect(auth).toEqual({
        openai: {
          type: 'oauth',
          refresh: PLACEHOLDER,
          access: PLACEHOLDER,
          expires: 9_999_999_999_999,
          accountId: PLACEHOLDER,
        },
      })
      expect(config).toMatchObject({
        model: 'openai/gpt-5.5',
        provider: { openai: { options: { baseURL: BASE }, models: { 'gpt-5.5': {} } } },
      })
      expect(env['OPENCODE_CONFIG_CONTENT']).not.toContain('apiKey')
      expect(env).not.toHaveProperty('OPENCODE_DISABLE_DEFAULT_PLUGINS')
      expect(env).not.toHaveProperty('BERTH_MODEL_KEY')
    }
  })

  it('has tokens of Copilot, which do not expire, and ignores that an address was given', () => {
    const model = 'github-copilot/gpt-5.5'
    for (const { auth, config } of parts({ login: 'copilot', model, baseUrl: BASE, addressGiven: true })) {
      expect(auth).toEqual({
        'github-copilot': { type: 'oauth', refresh: PLACEHOLDER, access: PLACEHOLDER, expires: 0 },
      })
      expect(config).toMatchObject({ model, provider: { 'github-copilot': { options: { baseURL: BASE } } } })
    }
  })
})

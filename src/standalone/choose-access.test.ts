import { expect, test } from 'vitest'
import { claude } from '../providers/claude.ts'
import { codex } from '../providers/codex.ts'
import { gemini } from '../providers/gemini.ts'
import { opencode } from '../providers/opencode.ts'
import type { Provider } from '../providers/provider.ts'
import { chooseAccess } from './choose-access.ts'

type Given = Parameters<typeof chooseAccess>[0]

const access = (provider: Provider, env: Given['env'], more: Partial<Given> = {}) =>
  chooseAccess({ provider, env, model: null, home: '/home/agent', hasFile: () => false, ...more })

test('each CLI has its own variables of key and address', () => {
  expect(access(codex, { OPENAI_API_KEY: 'k1', OPENAI_BASE_URL: 'http://model:8000' })).toEqual({
    kind: 'key',
    key: 'k1',
    baseUrl: 'http://model:8000/v1',
    addressGiven: true,
  })
  expect(access(codex, { CODEX_API_KEY: 'k2' })).toMatchObject({ key: 'k2', baseUrl: 'https://api.openai.com/v1' })
  expect(access(claude, { ANTHROPIC_API_KEY: 'k3', ANTHROPIC_BASE_URL: 'https://m/x/' })).toMatchObject({
    key: 'k3',
    baseUrl: 'https://m/x',
  })
  expect(access(gemini, { GEMINI_API_KEY: 'k4', GOOGLE_GEMINI_BASE_URL: 'http://m' })).toMatchObject({
    key: 'k4',
    baseUrl: 'http://m',
  })
})

test('the model names the key of a CLI of several providers, unless an address of the OpenAI form is given', () => {
  const env = { OPENAI_API_KEY: 'k1', ANTHROPIC_API_KEY: 'k2' }
  expect(access(opencode, env)).toMatchObject({ key: 'k1', addressGiven: false })
  expect(access(opencode, env, { model: 'anthropic/claude-sonnet-5' })).toMatchObject({
    key: 'k2',
    baseUrl: 'https://api.anthropic.com/v1',
  })
  const local = { ...env, OPENAI_BASE_URL: 'http://local/v1' }
  expect(access(opencode, local, { model: 'qwen' })).toMatchObject({ key: 'k1', addressGiven: true })
  expect(access(opencode, local, { model: 'anthropic/x' })).toMatchObject({ key: 'k2', addressGiven: false })
  expect(() => access(opencode, env, { model: 'qwen' })).toThrow('MODEL: ')
})

test('a key of the environment goes before a login that lies in the home', () => {
  const hasFile = (path: string) => path === '/home/agent/.codex/auth.json'
  expect(access(codex, {}, { hasFile })).toEqual({ kind: 'own', service: 'chatgpt', options: {} })
  expect(access(codex, { OPENAI_API_KEY: 'k' }, { hasFile })).toMatchObject({ kind: 'key' })
})

test('a login is looked for where the CLI looks for it', () => {
  const hasFile = (path: string) => path === '/login/auth.json'
  expect(access(codex, { CODEX_HOME: '/login' }, { hasFile })).toMatchObject({ service: 'chatgpt' })
  expect(access(claude, {}, { hasFile: (path) => path === '/home/agent/.claude/.credentials.json' })).toMatchObject({
    kind: 'own',
  })
})

test("further variables of the CLI's own are left to it", () => {
  expect(access(claude, { CLAUDE_CODE_OAUTH_TOKEN: 't' })).toMatchObject({ kind: 'own' })
  expect(access(gemini, { GOOGLE_API_KEY: 't' })).toEqual({
    kind: 'own',
    service: null,
    options: { 'security.auth.selectedType': 'vertex-ai' },
  })
})

test('without any credentials the run is refused, with the names of what is looked for', () => {
  expect(() => access(codex, { OPENAI_API_KEY: '' })).toThrow(
    'OpenAI Codex has no credentials: OPENAI_API_KEY and /home/agent/.codex/auth.json are missing',
  )
  expect(() => access(codex, { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'model' })).toThrow(
    'OPENAI_BASE_URL is no address',
  )
})

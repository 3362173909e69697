import { expect, test } from 'vitest'
import type { Login } from './login.ts'
import { loginCommand, parseLoginReference } from './login-name.ts'
import { loginVersion } from './login-version.ts'
import { parseLogin } from './parse-login.ts'

const LOGIN: Login = {
  v: 1,
  provider: 'codex',
  name: 'work',
  kind: 'subscription',
  service: 'chatgpt',
  access: 'at-1',
  refresh: 'rt-1',
  expiresAt: '2026-12-01T00:00:00.000Z',
  account: 'acc',
  who: 'me@example.org',
  plan: 'pro',
  scopes: null,
  extra: { id_token: 'x' },
  issuer: 'http://127.0.0.1:9',
  createdAt: '2026-11-30T00:00:00.000Z',
  refreshedAt: null,
  problem: null,
}

test('reads what Berth wrote', () => {
  expect(parseLogin(JSON.parse(JSON.stringify(LOGIN)))).toEqual({ ok: true, value: LOGIN })
})

test.each([
  ['no object', null, 'the file'],
  ['a field too many', { ...LOGIN, more: 'sk-secret' }, 'the file'],
  ['a line end in a token', { ...LOGIN, access: 'sk-secret\r\nx: y' }, 'access'],
  ['an empty token', { ...LOGIN, access: '' }, 'access'],
  ['a name that leads elsewhere', { ...LOGIN, name: '../sk-secret' }, 'name'],
  ['a provider that leads elsewhere', { ...LOGIN, provider: '..' }, 'provider'],
  ['no time', { ...LOGIN, expiresAt: 'sk-secret' }, 'expiresAt'],
  ['an issuer of another protocol', { ...LOGIN, issuer: 'file:///sk-secret' }, 'issuer'],
])('refuses %s, and shows no value', (_, value, field) => {
  const read = parseLogin(value)
  expect(read).toMatchObject({ ok: false, error: `wrong: ${field}` })
  expect(JSON.stringify(read)).not.toContain('sk-secret')
})

test('a version tells of other tokens, and nothing of them', () => {
  const version = loginVersion(LOGIN)
  expect(version).toMatch(/^[0-9a-f]{16}$/)
  expect(loginVersion({ ...LOGIN, access: 'at-2' })).not.toBe(version)
  expect(loginVersion({ ...LOGIN, refresh: 'rt-2' })).not.toBe(version)
})

test('references and commands', () => {
  expect(parseLoginReference('login:codex/work')).toEqual({ provider: 'codex', name: 'work' })
  expect(parseLoginReference('env:OPENAI_API_KEY')).toBeNull()
  expect(parseLoginReference(null)).toBeNull()
  expect(loginCommand({ provider: 'claude', name: 'default' })).toBe('berth auth login claude')
  expect(loginCommand({ provider: 'claude', name: 'work' })).toBe('berth auth login claude --name work')
})

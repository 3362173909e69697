import { expect, test } from 'vitest'
import { loginFailed, newLogin } from './new-login.ts'

const NOW = new Date('2026-11-30T12:00:00.000Z')
const ABOUT = { provider: 'codex', name: 'work', kind: 'subscription', service: 'chatgpt', issuer: null } as const

test('what a file tells, and the rest as unknown', () => {
  expect(newLogin(ABOUT, () => ({ access: 'a', refresh: 'b', extra: { id_token: 'c' } }), NOW)).toEqual({
    v: 1,
    ...ABOUT,
    access: 'a',
    refresh: 'b',
    expiresAt: null,
    account: null,
    who: null,
    plan: null,
    scopes: null,
    extra: { id_token: 'c' },
    createdAt: NOW.toISOString(),
    refreshedAt: null,
    problem: null,
  })
})

test.each([
  [
    'a file that holds none',
    () => {
      throw new Error('access_token is missing')
    },
    'codex: access_token is missing; nothing was stored',
  ],
  [
    'a token that fits no header',
    () => ({ access: 'two\nlines' }),
    'codex: what it holds is wrong: access; nothing was stored',
  ],
  ['no token', () => ({}), 'codex: what it holds is wrong: access; nothing was stored'],
])('%s is login-failed, with the command that mends it', (_, read, message) => {
  expect(() => newLogin(ABOUT, read, NOW)).toThrow(
    expect.objectContaining({
      code: 'login-failed',
      message,
      hint: 'Log in again: `berth auth login codex --name work`.',
    }),
  )
})

test('the default name needs no flag', () => {
  expect(loginFailed({ provider: 'codex', name: 'default' }, 'x').hint).toBe('Log in again: `berth auth login codex`.')
})

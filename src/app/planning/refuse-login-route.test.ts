import { expect, test } from 'vitest'
import type { BerthError } from '../../domain/errors.ts'
import { type TaskRequest, taskRequest } from '../../domain/request.ts'
import type { Facts } from '../../plan/facts.ts'
import { claude } from '../../providers/claude.ts'
import { codex } from '../../providers/codex.ts'
import { gemini } from '../../providers/gemini.ts'
import type { Provider } from '../../providers/provider.ts'
import { refuseLoginRoute } from './refuse-login-route.ts'

const CHATGPT = { name: 'work', service: 'chatgpt', account: 'acct-1' }

const refuse = (asked: Partial<TaskRequest>, login: Facts['login'] | undefined, provider: Provider = codex) => {
  const request = { ...taskRequest.parse({ prompt: 'x', agent: provider.id }), loginRoute: 'tls' as const, ...asked }
  try {
    refuseLoginRoute(request, login === undefined ? {} : { login }, provider)
    return null
  } catch (error) {
    return (error as BerthError).message
  }
}

test('agents that know the address of their service', () => {
  expect(refuse({}, CHATGPT)).toBeNull()
  expect(refuse({}, { name: 'work', service: 'claude' }, claude)).toBeNull()
})

test('a task on a key, and one by a base URL, may be anything', () => {
  expect(refuse({ policy: 'open' }, undefined)).toBeNull()
  expect(refuse({ loginRoute: 'base-url', policy: 'open' }, CHATGPT)).toBeNull()
})

test.each([
  ['an agent that takes a base URL alone', {}, { name: 'work', service: 'google' }, gemini, /by a base URL alone/],
  ['a policy whose network is not the gateway', { policy: 'open' }, CHATGPT, codex, /does not go through the gateway/],
  ['no container', { isolation: 'host' }, CHATGPT, codex, /does not go through the gateway/],
  ['another address', { baseUrl: 'https://example.org' }, CHATGPT, codex, /--base-url/],
  ['an account that is not known yet', {}, { name: 'work', service: 'chatgpt' }, codex, /the login work .* is missing/],
] as const)('refused: %s', (_, asked, login, provider, message) => {
  expect(refuse(asked, login, provider)).toMatch(message)
})

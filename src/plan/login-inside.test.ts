import { expect, test } from 'vitest'
import { FACTS } from '../../test/fixtures/plan-facts.ts'
import { taskRequest } from '../domain/request.ts'
import { claude } from '../providers/claude.ts'
import { codex } from '../providers/codex.ts'
import { gemini } from '../providers/gemini.ts'
import { opencode } from '../providers/opencode.ts'
import type { Provider } from '../providers/provider.ts'
import type { Facts } from './facts.ts'
import { makePlan } from './make-plan.ts'

const planned = (provider: Provider, service: string | null, asked: object = {}, over: Partial<Facts> = {}) => {
  const login = service === null ? {} : { login: { name: 'work', service } }
  const request = taskRequest.parse({ prompt: 'go', agent: provider.id, loginInside: true, ...asked })
  return makePlan(request, { ...FACTS, ...login, ...over }, provider)
}

test.each([
  [codex, 'chatgpt', '.codex/auth.json', ['chatgpt.com', 'auth.openai.com'], {}],
  [claude, 'claude', '.claude/.credentials.json', ['api.anthropic.com', 'platform.claude.com'], {}],
  [gemini, 'google', '.gemini/oauth_creds.json', ['cloudcode-pa.googleapis.com', 'oauth2.googleapis.com'], {}],
  [opencode, 'chatgpt', '.local/share/opencode/auth.json', ['chatgpt.com'], { model: 'openai/gpt-5.5' }],
  [opencode, 'copilot', '.local/share/opencode/auth.json', ['api.githubcopilot.com'], { model: 'github-copilot/a' }],
])('$id with %s: the file, the hosts and no placeholder', (provider, service, path, hosts, asked) => {
  const plan = planned(provider, service, asked)
  expect(plan).toMatchObject({ inside: { path }, model: null, login: { name: 'work', service } })
  expect(plan.order).toMatchObject({ given: [path], keepHome: expect.arrayContaining([path]) })
  expect(plan.network?.rules.map(({ host }) => host)).toEqual(expect.arrayContaining(hosts))
  expect(JSON.stringify(plan.order.run)).not.toMatch(/berth-t-|127\.0\.0\.1:3128\//)
  expect(plan.steps.map(({ id }) => id)).toEqual(expect.arrayContaining(['start', 'login', 'order']))
  expect(plan.steps.find(({ id }) => id === 'start')?.needs).toEqual(['login'])
  expect(plan.warnings.join()).toContain(`the agent itself has the tokens of ${provider.id}/work`)
})

test('without the setting nothing of it', () => {
  const plan = planned(codex, 'chatgpt', { loginInside: false })
  expect(plan).not.toHaveProperty('inside')
  expect(plan.order).not.toHaveProperty('given')
  expect(plan.model).not.toBeNull()
})

test.each([
  ['a key', null, {}, {}, 'the task has a key, and no login'],
  ['a warm container', 'chatgpt', { keepAlive: 60_000 }, {}, 'a warm container would keep the tokens'],
])('is refused with %s', (_, service, asked, over, message) => {
  expect(() => planned(codex, service, asked, over)).toThrow(
    expect.objectContaining({ code: 'bad-request', message: `--login-inside: ${message}` }),
  )
})

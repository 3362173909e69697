import { describe, expect, it } from 'vitest'
import { FACTS } from '../../test/fixtures/plan-facts.ts'
import { taskRequest } from '../domain/request.ts'
import { claude } from '../providers/claude.ts'
import { codex } from '../providers/codex.ts'
import { gemini } from '../providers/gemini.ts'
import { opencode } from '../providers/opencode.ts'
import type { Provider } from '../providers/provider.ts'
import type { Facts } from './facts.ts'
import { planSignIn, signInRequest } from './plan-sign-in.ts'

const PLACE: Facts = { ...FACTS, source: { kind: 'none' }, key: null }

/** All that a user may have set for tasks. */
const REQUEST = taskRequest.parse({
  prompt: '',
  agent: 'codex',
  model: 'some-model',
  baseUrl: 'https://model.example/v1',
  repo: '/srv/app',
  policy: 'open',
  allow: [{ target: 'example.org', origin: 'configuration' }],
  volumes: [{ source: '/srv', target: '/srv', readOnly: false }],
  envFrom: ['SECRET'],
  labels: { team: 'a' },
  memory: 2 ** 30,
  keepAlive: 60_000,
})

const planned = (provider: Provider, service: string, browser = false, issuer: string | null = null) => {
  const found = provider.logins?.find(({ id }) => id === service)
  if (found === undefined) throw new Error(`${provider.id} has no ${service}`)
  const request = signInRequest(REQUEST, provider)
  return planSignIn({ request, facts: PLACE, provider }, found, { browser, issuer })
}

describe.each([
  [codex, 'chatgpt', '.codex/auth.json'],
  [claude, 'claude', '.claude/.credentials.json'],
  [gemini, 'google', '.gemini/oauth_creds.json'],
  [opencode, 'chatgpt', '.local/share/opencode/auth.json'],
  [opencode, 'copilot', '.local/share/opencode/auth.json'],
] as const)('$id signs in to %s', (provider, service, file) => {
  const { plan, program } = planned(provider, service)

  it('in a closed container without an agent, a model and what is the user’s', () => {
    expect(plan).toMatchObject({ model: null, policy: 'sandboxed', source: { kind: 'none' }, envFrom: [] })
    expect(plan.container).toMatchObject({ network: 'none', noNewPrivileges: true, memoryBytes: { value: 2 ** 30 } })
    expect(plan.container.mounts.map(({ role }) => role)).not.toContain('volume')
    expect(plan.container.labels).not.toHaveProperty('team')
    expect(plan.order).toMatchObject({
      run: null,
      hold: true,
      finish: null,
      take: [{ path: file, file: 'login.json' }],
    })
    expect(plan.keepAliveMs).toBeUndefined()
  })

  it("by the issuer's hosts alone", () => {
    const rules = plan.network?.rules ?? []
    expect(rules.length).toBeGreaterThan(0)
    for (const rule of rules) {
      expect(rule).toMatchObject({ effect: 'allow', origin: 'provider', port: 443 })
      // A forge takes no tunnel.
      expect(rule.tls).toBe(rule.host === 'github.com' ? 'inspect' : 'tunnel')
      expect(rule).not.toHaveProperty('private')
    }
    expect(rules.map(({ host }) => host)).not.toContain('example.org')
  })

  it('with the way out in its environment, and no key or placeholder', () => {
    expect(program.env).toMatchObject({ HOME: '/home/agent', HTTPS_PROXY: 'http://127.0.0.1:3128' })
    expect(JSON.stringify(program)).not.toContain(plan.task.replace('t-', 'berth-t-'))
    expect(Object.keys(program.env).filter((name) => /KEY|TOKEN|AUTH/.test(name))).toEqual([])
    expect(program.argv[0]).toBe(`/opt/berth/bin/${provider.binary}`)
  })

  it('in a launch that has what it needs', () => {
    expect(plan.steps.map(({ id }) => id)).toEqual(['folders', 'gateway', 'create', 'start', 'check', 'order'])
    const ids: readonly string[] = plan.steps.map(({ id }) => id)
    for (const { needs } of plan.steps) for (const id of needs) expect(ids).toContain(id)
  })
})

it('by a code, or with a browser', () => {
  expect(planned(codex, 'chatgpt').program.argv.slice(1)).toEqual(['login', '--device-auth'])
  expect(planned(codex, 'chatgpt', true).program.argv.slice(1)).toEqual(['login'])
  expect(planned(opencode, 'chatgpt', true).program.argv.at(-1)).toBe('ChatGPT Pro/Plus (browser)')
  expect(planned(opencode, 'chatgpt').program.argv.at(-1)).toBe('ChatGPT Pro/Plus (headless)')
  expect(planned(claude, 'claude').program.argv.slice(1)).toEqual(['auth', 'login'])
})

it('gemini goes on after the login: its file ends it, and its settings stay', () => {
  const { plan, program } = planned(gemini, 'google')
  expect(program.endsWith).toBe('.gemini/oauth_creds.json')
  expect(plan.order.keepHome).toEqual(['.gemini/settings.json'])
  expect(planned(codex, 'chatgpt').program).not.toHaveProperty('endsWith')
})

it("an issuer in place of the CLI's own is named to it, and opened wherever it is", () => {
  const { plan, program } = planned(codex, 'chatgpt', false, 'http://10.1.2.3:8080')
  expect(program.argv.slice(-2)).toEqual(['--experimental_issuer', 'http://10.1.2.3:8080'])
  expect(plan.network?.rules.at(-1)).toMatchObject({ host: '10.1.2.3', port: 8080, private: true })
})

it.each([
  ['http://127.0.0.1:8080', /: 127\.0\.0\.1 is a loopback address, and the agent's CLI logs in within a sandbox$/],
  ['http://[::1]:8080', /: ::1 is a loopback address/],
  ['http://localhost:8080', /: localhost is a loopback address/],
  ['http://169.254.169.254', /: 169\.254\.169\.254 is a metadata address: no rule can allow it$/],
])('an issuer that no sandbox reaches is one error: %s', (issuer, message) => {
  expect(() => planned(codex, 'chatgpt', false, issuer)).toThrow(
    expect.objectContaining({
      code: 'bad-request',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('an address that a sandbox reaches'),
    }),
  )
})

it('one on loopback is fine for a CLI that takes none: Berth itself refreshes there', () => {
  expect(planned(claude, 'claude', false, 'http://127.0.0.1:8080').program.argv.slice(1)).toEqual(['auth', 'login'])
})

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import { chatgptLogin, keepLogin } from '../fixtures/issuers/keep-login.ts'
import { type LoginBench, loginBench } from '../fixtures/issuers/login-bench.ts'
import { aLogin } from '../fixtures/logins.ts'
import { filesHolding } from '../fixtures/whole/files-holding.ts'

describe.each(anyEngine())("a service's own address, on $name", ({ flag }) => {
  let bench: LoginBench
  beforeEach(async () => {
    bench = await loginBench(flag)
    bench.trust(bench.b.folder)
    bench.issuers.model.load({ main: 'all', steps: [{ shell: 'env > seen' }, { text: 'fine' }] })
  })
  afterEach(() => bench.close())

  const run = (agent: string, ...more: readonly string[]) =>
    bench.b.run(['run', '--agent', agent, '--login', 'default', '--login-route', 'tls', ...more, 'say it'])

  test('codex makes the requests of its own login, and the token stays outside', async () => {
    const { access } = keepLogin(bench.b.home, chatgptLogin(bench.issuers))
    const ran = await run('codex')
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    const { requests, account } = bench.issuers
    const own = requests.filter(({ name }) => name === 'openai-model')
    expect(own.length).toBeGreaterThan(0)
    for (const { host, isSecured, headers } of own) {
      expect([host, isSecured, headers.authorization]).toEqual(['chatgpt.com', true, `Bearer ${access}`])
      expect(headers['chatgpt-account-id']).toBe(account('openai'))
    }
    // Beside them it gets what it needs, and no more.
    const paths = new Set(requests.filter(({ name }) => name !== 'openai-model').map(({ path }) => path))
    expect([...paths].toSorted()).toEqual(['/backend-api/codex/models', '/backend-api/wham/accounts/check'])
    expect(filesHolding(access, [bench.b.home]).map((path) => path.replace(bench.b.home, ''))).toEqual([
      '/logins/codex/default/login.json',
    ])
  })

  test.runIf(TEST_ALL)('claude takes itself for one that speaks to Anthropic', async () => {
    const { access, account } = bench.issuers.tokens('claude').lasting(bench.issuers.account('claude'), 1000)
    keepLogin(
      bench.b.home,
      aLogin({ provider: 'claude', kind: 'token', service: 'claude', access, refresh: null, account }),
    )
    const ran = await run('claude')
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    const paths = new Set(bench.issuers.requests.map(({ host, path }) => `${host}${path}`))
    expect([...paths]).toEqual(['api.anthropic.com/v1/messages'])
    for (const { headers } of bench.issuers.requests) expect(headers.authorization).toBe(`Bearer ${access}`)
  })

  test.each([
    ['gemini', 'google', [], /reaches .* by a base URL alone/],
    ['codex', 'chatgpt', ['--policy', 'open'], /does not go through the gateway/],
    ['codex', 'chatgpt', ['--base-url', 'http://127.0.0.1:1'], /--base-url names another address/],
  ])('%s: %s %j is refused before a task exists', async (agent, service, more, says) => {
    keepLogin(bench.b.home, aLogin({ provider: agent, service, account: 'acct-1' }))
    const ran = await run(agent, ...more)
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringMatching(says) })
    expect((await bench.b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks).toEqual([])
  })

  test('an account that is not known yet is one clear error', async () => {
    const ran = await run('codex')
    expect(ran).toMatchObject({ code: 6, stderr: expect.stringContaining('berth auth login codex') })
  })
})

import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { certificate } from '../fixtures/certificate.ts'
import { anyEngine, firstCase } from '../fixtures/engines.ts'
import type { Scenario } from '../fixtures/model-server/scenario.ts'
import { git } from '../fixtures/remotes/git.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { testBench } from '../fixtures/test-bench.ts'
import { filesHolding } from '../fixtures/whole/files-holding.ts'

/** Where the scripted model stands in for each of the makers' own. */
const ADDRESS = '127.0.0.77'
const HOSTS = ['api.openai.com', 'api.anthropic.com', 'generativelanguage.googleapis.com']
const ROUTES = [
  {
    model: 'openai/gpt-5.5',
    key: 'OPENAI_API_KEY',
    header: 'authorization',
    value: 'Bearer sk-canary-openai',
    path: 'api.openai.com /v1/responses',
  },
  {
    model: 'anthropic/claude-sonnet-4-5',
    key: 'ANTHROPIC_API_KEY',
    header: 'x-api-key',
    value: 'sk-canary-anthropic',
    path: 'api.anthropic.com /v1/messages',
  },
  {
    model: 'google/gemini-2.5-flash',
    key: 'GEMINI_API_KEY',
    header: 'x-goog-api-key',
    value: 'sk-canary-google',
    path: 'generativelanguage.googleapis.com /v1beta/models/gemini-2.5-flash:streamGenerateContent',
  },
] as const
const KEYS = Object.fromEntries(ROUTES.map(({ key, value }) => [key, value.replace('Bearer ', '')]))

describe.each(anyEngine())('opencode on $name, with the model of', ({ flag }) => {
  let folder: ReturnType<typeof temporaryFolder> | undefined
  afterAll(() => folder?.[Symbol.dispose]())
  const t = testBench('file', () => {
    folder = temporaryFolder('berth-makers-')
    const names = HOSTS.map((host) => `DNS:${host}`)
    const tls = certificate(folder.path, 'makers', names)
    const files = { '/etc/hosts': `127.0.0.1 localhost\n${ADDRESS} ${HOSTS.join(' ')}\n` }
    return {
      berth: { files, env: { ...KEYS, NODE_EXTRA_CA_CERTS: tls.file } },
      model: { host: ADDRESS, port: 443, tls },
    }
  })
  beforeEach(() => t.model.reset())

  const run = async (named: string, scenario: Scenario) => {
    t.model.load(scenario)
    const repository = ['--repo', t.remote.url, '--branch', 'main']
    const ran = await t.b.run(['start', '--engine', flag, '--agent', 'opencode', '--model', named, ...repository, 'go'])
    expect(ran, ran.stderr).toMatchObject({ code: 0, stderr: '' })
    const id = ran.stdout.trim()
    const { code } = await t.b.run(['wait', id])
    return { id, code, record: await t.b.status(id) }
  }
  const asked = () =>
    t.model.requests.map(({ path, headers }) => `${headers.host} ${path.split('?')[0]?.replace(/:443$/, '')}`)

  test.each(firstCase(ROUTES))('$model: a pushed commit, a further turn, its key alone', async (route) => {
    const usage = { input: 100, cached: 40, output: 9, reasoning: 3 }
    const { id, code, record } = await run(route.model, {
      key: KEYS[route.key] ?? '',
      usage,
      steps: [{ reasoning: 'hm', text: 'I write.', shell: 'env; echo one > one.txt' }, { text: 'done one' }],
      after: { contains: 'I write.', text: 'I saw it.' },
    })
    expect(code, record.reason ?? '').toBe(0)
    expect(record).toMatchObject({ state: 'done', provider: { id: 'opencode', model: route.model } })
    expect(record.usage).toMatchObject({ inputTokens: 200, cachedTokens: 80, outputTokens: 18 })
    expect(record.gatewayUsage).toMatchObject({ inputTokens: 200, outputTokens: 18 })
    expect(git(t.remote.bare, ['show', `berth/${id}:one.txt`])).toBe('one')
    expect((await t.b.run(['send', '--follow', id, 'go on'])).stdout).toContain('I saw it.')
    expect((await t.b.status(id)).session).toBe(record.session)
    // Nothing else was asked for, and by no other key.
    expect(asked()).toEqual([route.path, route.path, route.path])
    expect(t.model.requests.map(({ headers }) => headers[route.header])).toEqual(Array(3).fill(route.value))
    for (const key of Object.values(KEYS)) {
      expect(JSON.stringify(await t.b.events(id))).not.toContain(key)
      expect(filesHolding(key, [t.b.home])).toEqual([])
    }
  })

  test.each(firstCase(ROUTES))('$model: a refused key ends the turn at once', async (route) => {
    const { code, record } = await run(route.model, { key: 'another' })
    expect(code).toBe(6)
    expect(record.outcome).toMatchObject({ result: 'failed', class: 'auth' })
    expect(record.reason).toContain('401')
    expect(t.model.requests.length).toBeLessThan(3)
  })
})

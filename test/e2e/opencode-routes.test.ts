import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { certificate } from '../fixtures/certificate.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import type { Scenario } from '../fixtures/model-server/scenario.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { git } from '../fixtures/remotes/git.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
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

const all = process.env['BERTH_TEST_PROVIDERS'] === 'all'

describe.each(rootfulEngines().slice(0, all ? 2 : 1))('opencode on $name, with the model of', ({ flag }) => {
  let b: Berth
  let model: ModelServer
  let remote: Remote
  beforeAll(async () => {
    const hosts = `127.0.0.1 localhost\n${ADDRESS} ${HOSTS.join(' ')}\n`
    b = berth({ hosts, env: KEYS })
    const tls = certificate(
      b.folder,
      'makers',
      HOSTS.map((host) => `DNS:${host}`),
    )
    b.env['NODE_EXTRA_CA_CERTS'] = tls.file
    model = await startModelServer({ host: ADDRESS, port: 443, tls })
    remote = await startFileRemote()
  })
  afterAll(async () => {
    await b.close()
    await model.close()
    await remote.close()
  })
  beforeEach(() => model.reset())

  const run = async (named: string, scenario: Scenario) => {
    model.load(scenario)
    const repository = ['--repo', remote.url, '--branch', 'main']
    const ran = await b.run(['start', '--engine', flag, '--agent', 'opencode', '--model', named, ...repository, 'go'])
    expect(ran, ran.stderr).toMatchObject({ code: 0, stderr: '' })
    const id = ran.stdout.trim()
    const { code } = await b.run(['wait', id])
    return { id, code, record: await b.status(id) }
  }
  const asked = () =>
    model.requests.map(({ path, headers }) => `${headers.host} ${path.split('?')[0]?.replace(/:443$/, '')}`)

  test.each(ROUTES)('$model: a pushed commit, a further turn, its key alone', async (route) => {
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
    expect(git(remote.bare, ['show', `berth/${id}:one.txt`])).toBe('one')
    expect((await b.run(['send', '--follow', id, 'go on'])).stdout).toContain('I saw it.')
    expect((await b.status(id)).session).toBe(record.session)
    // Nothing else was asked for, and by no other key.
    expect(asked()).toEqual([route.path, route.path, route.path])
    expect(model.requests.map(({ headers }) => headers[route.header])).toEqual(Array(3).fill(route.value))
    for (const key of Object.values(KEYS)) {
      expect(JSON.stringify(await b.events(id))).not.toContain(key)
      expect(filesHolding(key, [b.home])).toEqual([])
    }
  })

  test.each(ROUTES)('$model: a refused key ends the turn at once', async (route) => {
    const { code, record } = await run(route.model, { key: 'another' })
    expect(code).toBe(6)
    expect(record.outcome).toMatchObject({ result: 'failed', class: 'auth' })
    expect(record.reason).toContain('401')
    expect(model.requests.length).toBeLessThan(3)
  })
})

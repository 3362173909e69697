import { execFile } from 'node:child_process'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Report } from '../../scripts/live/report.ts'
import type { Login } from '../../src/domain/login.ts'
import type { TaskRecord } from '../../src/domain/task.ts'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import { appConfig } from '../fixtures/github/app-config.ts'
import { type GitHub, startGitHub } from '../fixtures/github/start-github.ts'
import { keepLogin } from '../fixtures/issuers/keep-login.ts'
import { type LoginBench, loginBench } from '../fixtures/issuers/login-bench.ts'
import type { Service } from '../fixtures/issuers/services.ts'
import { aLogin } from '../fixtures/logins.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { git } from '../fixtures/remotes/git.ts'
import { filesHolding } from '../fixtures/whole/files-holding.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const KEY = 'sk-planted-key-0123456789abcdef'

/** Of each agent: its service, the issuer, and what its CLI prints on a login that no recording has. */
const AGENTS = {
  codex: { service: 'chatgpt', issuer: 'openai', differs: null },
  claude: { service: 'claude', issuer: 'claude', differs: 'rate_limit_event: not recorded yet' },
  gemini: { service: 'google', issuer: 'google', differs: null },
  opencode: { service: 'chatgpt', issuer: 'openai', differs: 'text: .part<text>.metadata is new' },
} as const satisfies Readonly<Record<string, { service: string; issuer: Service; differs: string | null }>>
type Agent = keyof typeof AGENTS

/** A model that says more than the scripted one: a further field in each event of its answer. */
const otherModel = async (model: ModelServer) => {
  const server = createServer(async (asked, response) => {
    const { method, url: path, headers } = asked
    const body = await text(asked)
    request(`${model.url}${path}`, { method, headers }, async (answer) => {
      const said = (await text(answer)).replaceAll(/^data: \{/gm, 'data: {"surprise":1,')
      const { 'content-length': _, ...own } = answer.headers
      response.writeHead(answer.statusCode ?? 0, own).end(said)
    }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe.each(anyEngine())('make live against scripted services, on $name', ({ flag }) => {
  let bench: LoginBench
  let out = ''
  beforeEach(async () => {
    bench = await loginBench(flag)
    bench.trust(bench.b.folder)
    appendFileSync(join(bench.b.home, 'config.toml'), '[agents.opencode]\nmodel = "openai/gpt-5.5"\n')
    out = join(bench.b.folder, 'report')
  })
  afterEach(() => bench.close())

  const live = (env: Readonly<Record<string, string>>) =>
    new Promise<{ readonly code: number; readonly stdout: string }>((resolve) => {
      const trusted = { NODE_USE_ENV_PROXY: '1', NODE_EXTRA_CA_CERTS: join(bench.b.folder, 'authority.pem') }
      const options = { cwd: ROOT, env: { ...bench.b.env, ...trusted, OUT: out, ...env } }
      execFile(process.execPath, ['scripts/live.ts'], options, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout: `${stdout}${stderr}` }),
      )
    })
  const report = (): Report => JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report
  const results = () =>
    report().tried.map(({ credential, findings }) => [
      credential,
      ...findings.map(({ step, result }) => `${step} ${result}`),
    ])
  const tasks = async () => (await bench.b.json<{ tasks: readonly TaskRecord[] }>(['ls', '-a'])).tasks

  test('without a key and a login it says what it would try, and tries nothing', async () => {
    const ran = await live({})
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('There is no key and no login') })
    for (const words of ['codex: set OPENAI_API_KEY', 'claude: `berth auth login claude`', 'headers: run one through'])
      expect(ran.stdout).toContain(words)
    expect(await tasks()).toEqual([])
    expect(bench.issuers.requests).toEqual([])
  })

  /** A sign-in of this agent, as the store keeps it. */
  const signIn = (agent: Agent): Login => {
    const { service, issuer } = AGENTS[agent]
    const { issuers, b } = bench
    const { expiresAt, ...tokens } = issuers.tokens(issuer).signIn(issuers.account(issuer))
    const about = { provider: agent, name: 'work', service, who: 'ada@example.org' }
    return keepLogin(b.home, aLogin({ ...about, ...tokens, expiresAt: expiresAt.toISOString() }))
  }

  const tried: readonly { readonly agents: readonly Agent[] }[] = TEST_ALL
    ? [{ agents: ['codex', 'claude'] }, { agents: ['gemini', 'opencode'] }]
    : [{ agents: ['codex'] }]
  test.each(tried)(
    'with logins of $agents: turns, headers and limits as they come, and renewals that the services take; no secret',
    async ({ agents }) => {
      const limits = { 'x-codex-primary-used-percent': '12.5', 'anthropic-ratelimit-unified-status': 'allowed' }
      bench.issuers.model.load({ after: { text: 'ready', headers: limits } })
      const before = agents.map(signIn)
      const ran = await live({})
      expect(results(), ran.stdout).toEqual(
        agents.map((agent) => [
          `${agent} with the login work`,
          ...['check ok', `turn ${AGENTS[agent].differs === null ? 'ok' : 'differs'}`, 'headers ok', 'refresh ok'],
        ]),
      )
      expect(ran.code).toBe(0)
      for (const [at, agent] of agents.entries()) {
        const [, turn, headers] = report().tried[at]?.findings ?? []
        expect(turn?.differences).toEqual(AGENTS[agent].differs === null ? [] : [AGENTS[agent].differs])
        expect(headers?.limits).toMatchObject(limits)
      }
      expect(await tasks()).toEqual([])
      const after = agents.map((agent) => bench.login(agent, 'work'))
      for (const [at, login] of before.entries()) expect(after[at]?.access).not.toBe(login.access)
      const secrets = [...before, ...after].flatMap(({ access, refresh, account, who }) => [
        access,
        refresh,
        account,
        who,
      ])
      for (const secret of secrets.filter((one) => one !== null)) {
        expect(filesHolding(secret, [out])).toEqual([])
        expect(ran.stdout).not.toContain(secret)
      }
    },
  )

  test('with a key: what differs from the recordings and the scripted model is named, and no secret is', async () => {
    await using model = await startModelServer({
      scenario: {
        key: KEY,
        after: { text: 'ready', headers: { 'x-ratelimit-remaining-requests': '4999', 'x-ratelimit-echo': KEY } },
      },
    })
    await using other = await otherModel(model)
    const ran = await live({ AGENTS: 'codex', OPENAI_API_KEY: KEY, BERTH_BASE_URL: other.url })
    expect(results(), ran.stdout).toEqual([['codex with OPENAI_API_KEY', 'check ok', 'turn ok', 'headers differs']])
    expect(ran.code).toBe(0)
    const [, , headers] = report().tried[0]?.findings ?? []
    expect(headers?.differences).toContain('POST /v1/responses: response.completed: .surprise is new')
    expect(headers?.limits).toEqual({ 'x-ratelimit-remaining-requests': '4999', 'x-ratelimit-echo': '***' })
    expect(readFileSync(join(out, 'report.md'), 'utf8')).toContain('| headers | differs |')
    expect(filesHolding(KEY, [out])).toEqual([])
    expect(ran.stdout).not.toContain(KEY)
  })

  describe('with a GitHub App', () => {
    let github: GitHub
    beforeEach(async () => {
      github = await startGitHub({ longTokens: true })
      github.addRepository({ name: 'acme/trial' })
      writeFileSync(join(bench.b.home, 'config.toml'), appConfig(github))
    })
    afterEach(() => github[Symbol.asyncDispose]())

    test('its tokens, git and pull requests are tried, what came of it is removed, and no secret is told', async () => {
      const ran = await live({ AGENTS: 'codex', GITHUB: 'acme/trial' })
      const steps = ['token', 'fetch', 'refused', 'push', 'pull request', 'signature', 'clean up', 'answers']
      expect(results(), ran.stdout).toEqual([
        [`the GitHub App ${github.app.id} in acme/trial`, ...steps.map((step) => `${step} ok`)],
      ])
      expect(ran.code).toBe(0)
      expect(github.pullRequests).toMatchObject([{ state: 'closed', draft: true }])
      expect(git(github.repositories[0]?.bare ?? '', ['branch', '--list'])).toBe('* main')
      const keyLine = github.app.privateKey.split('\n')[1] ?? ''
      for (const secret of [keyLine, ...github.tokens.map(({ value }) => value)]) {
        expect(filesHolding(secret, [out])).toEqual([])
        expect(ran.stdout).not.toContain(secret)
      }
    })

    test.runIf(TEST_ALL)(
      'what it may not do fails, what it answers otherwise differs, and the rest is tried',
      async () => {
        github.installation.permissions = { ...github.installation.permissions, pull_requests: 'read' }
        const on = /^POST .*\/git\/commits$/
        github.failNext({ on, status: 201, body: '{"sha":1}', headers: { 'content-type': 'application/json' } })
        const ran = await live({ AGENTS: 'codex', GITHUB: 'acme/trial' })
        expect(ran.code).toBe(1)
        expect(report().tried[0]?.findings).toMatchObject([
          { step: 'token', result: 'failed', words: expect.stringContaining('may not have') },
          { step: 'fetch', result: 'ok' },
          { step: 'refused', result: 'ok' },
          { step: 'push', result: 'ok' },
          { step: 'pull request', result: 'failed' },
          { step: 'signature', result: 'failed' },
          { step: 'clean up', result: 'failed' },
          {
            step: 'answers',
            result: 'differs',
            differences: expect.arrayContaining([expect.stringContaining('.sha is number, recorded as string')]),
          },
        ])
      },
    )
  })

  test.runIf(TEST_ALL)(
    'a key that is refused fails each step in the words of the service, without the key',
    async () => {
      await using model = await startModelServer({
        scenario: { after: { status: 401, error: { message: `Incorrect API key provided: ${KEY}` } } },
      })
      const ran = await live({ AGENTS: 'codex', OPENAI_API_KEY: KEY, BERTH_BASE_URL: `${model.url}/v1` })
      expect(results(), ran.stdout).toEqual([
        ['codex with OPENAI_API_KEY', 'check ok', 'turn failed', 'headers failed'],
      ])
      expect(ran.code).toBe(1)
      expect(report().tried[0]?.findings[1]?.words).toContain('Incorrect API key provided')
      expect(filesHolding(KEY, [out])).toEqual([])
      expect(await tasks()).toEqual([])
    },
  )
})

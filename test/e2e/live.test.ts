import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Report } from '../../scripts/live/report.ts'
import type { TaskRecord } from '../../src/domain/task.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { chatgptLogin, keepLogin } from '../fixtures/issuers/keep-login.ts'
import { type LoginBench, loginBench } from '../fixtures/issuers/login-bench.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { filesHolding } from '../fixtures/whole/files-holding.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const KEY = 'sk-planted-key-0123456789abcdef'

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

  test('with logins: turns, headers and limits as they come, and a renewal that the service takes; no secret is in it', async () => {
    const { b, issuers } = bench
    const limits = { 'x-codex-primary-used-percent': '12.5', 'anthropic-ratelimit-unified-status': 'allowed' }
    issuers.model.load({ after: { text: 'ready', headers: limits } })
    const { access } = issuers.tokens('claude').lasting(issuers.account('claude'), 31_536_000)
    await b.run(['auth', 'login', 'claude', '--with-token'], { input: access })
    const login = keepLogin(b.home, { ...chatgptLogin(issuers, 'work'), who: 'ada@example.org' })
    const ran = await live({ AGENTS: 'claude,codex' })
    expect(results(), ran.stdout).toEqual([
      ['codex with the login work', 'check ok', 'turn ok', 'headers ok', 'refresh ok'],
      ['claude with the login default', 'check ok', 'turn differs', 'headers ok'],
    ])
    expect(ran.code).toBe(0)
    expect(issuers.count('openai-token')).toBe(1)
    // What the CLI prints of a subscription's limits stands in no recording.
    expect(report().tried[1]?.findings[1]?.differences).toContain('rate_limit_event: not recorded yet')
    const [codex, claude] = report().tried.map(({ findings }) => findings[2]?.limits)
    expect(codex).toMatchObject({ 'x-codex-primary-used-percent': '12.5' })
    expect(claude).toMatchObject({ 'anthropic-ratelimit-unified-status': 'allowed' })
    expect(await tasks()).toEqual([])
    const renewed = bench.login('codex', 'work')
    expect(renewed.access).not.toBe(login.access)
    for (const secret of [
      access,
      login.access,
      renewed.access,
      renewed.refresh ?? '',
      login.account ?? '',
      login.who,
    ]) {
      expect(filesHolding(secret ?? '', [out])).toEqual([])
      expect(ran.stdout).not.toContain(secret)
    }
  })

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

  test('a key that is refused fails each step in the words of the service, without the key', async () => {
    await using model = await startModelServer({
      scenario: { after: { status: 401, error: { message: `Incorrect API key provided: ${KEY}` } } },
    })
    const ran = await live({ AGENTS: 'codex', OPENAI_API_KEY: KEY, BERTH_BASE_URL: `${model.url}/v1` })
    expect(results(), ran.stdout).toEqual([['codex with OPENAI_API_KEY', 'check ok', 'turn failed', 'headers failed']])
    expect(ran.code).toBe(1)
    expect(report().tried[0]?.findings[1]?.words).toContain('Incorrect API key provided')
    expect(filesHolding(KEY, [out])).toEqual([])
    expect(await tasks()).toEqual([])
  })
})

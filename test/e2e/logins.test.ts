import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { AuthAnswer } from '../../src/api/answers.ts'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import { chatgptLogin, keepLogin, scriptedLogin } from '../fixtures/issuers/keep-login.ts'
import { type LoginBench, loginBench } from '../fixtures/issuers/login-bench.ts'
import { waitFor } from '../fixtures/wait-for.ts'
import { filesHolding } from '../fixtures/whole/files-holding.ts'
import { processesOf } from '../fixtures/whole/processes-of.ts'

const YEAR = 31_536_000
/** Each task starts an agent. */
const TASKS = TEST_ALL ? 20 : 4

describe.each(anyEngine())('logins, on $name', ({ flag }) => {
  let bench: LoginBench
  beforeEach(async () => {
    bench = await loginBench(flag)
    bench.trust(bench.b.folder)
  })
  afterEach(() => bench.close())

  const start = async (...args: readonly string[]): Promise<string> => {
    const ran = await bench.b.run(['start', ...args, 'do it'])
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    return ran.stdout.trim()
  }
  const state = async (id: string) => (await bench.b.status(id)).state
  const refreshes = () => bench.issuers.count('openai-token')
  const configure = (text: string) => {
    const file = join(bench.b.home, 'config.toml')
    writeFileSync(file, `${readFileSync(file, 'utf8')}${text}`)
  }

  test("Claude's setup-token by stdin: a profile's task runs on it, and the record names it", async () => {
    const { b, issuers } = bench
    const { access } = issuers.tokens('claude').lasting(issuers.account('claude'), YEAR)
    const stored = await b.run(['auth', 'login', 'claude', '--with-token', '--name', 'work'], { input: `${access}\n` })
    expect(stored, stored.stderr).toMatchObject({ code: 0, stdout: 'logged in: claude/work\n' })
    configure('[profiles.mine]\nagent = "claude"\nlogin = "work"\n[profiles.mine.login-header]\nx-extra = "1"\n')
    issuers.model.load({ steps: [{ shell: 'env; cat ~/.claude/.credentials.json' }, { text: 'done' }] })
    const ran = await b.run(['run', '--quiet', '--profile', 'mine', 'do it'])
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    const [{ id = '' } = {}] = (await b.json<{ tasks: { id: string }[] }>(['ls', '-a'])).tasks
    expect(await b.status(id)).toMatchObject({ state: 'done', login: 'work' })
    const asked = issuers.requests.filter(({ name }) => name === 'claude-model')
    expect(asked.length).toBeGreaterThan(0)
    for (const { headers } of asked)
      expect(headers).toMatchObject({ authorization: `Bearer ${access}`, 'x-extra': '1' })
    expect(filesHolding(access, [b.home])).toEqual([join(b.home, 'logins', 'claude', 'work', 'login.json')])
    const { logins } = await b.json<AuthAnswer>(['auth', 'status', 'claude', '--check'])
    expect(logins).toMatchObject([
      { agent: 'claude', name: 'work', kind: 'token', chosen: true, problem: null, check: { verdict: 'accepted' } },
    ])
    expect(logins[0]?.lastUsed).not.toBeNull()
    const table = await b.run(['auth', 'status', 'claude'])
    expect(table).toMatchObject({ code: 0, stdout: expect.stringMatching(/^claude +work \* +token .* there/m) })
    expect(table.stdout).not.toContain(access)
  })

  test('a task whose login is missing is blocked, over the death of its supervisor, and goes on when it is stored', async () => {
    const { b, issuers } = bench
    const { access } = issuers.tokens('claude').lasting(issuers.account('claude'), YEAR)
    const id = await start('--agent', 'claude', '--login', 'work')
    const blocked = {
      state: 'blocked',
      reason: 'there is no login claude/work: run `berth auth login claude --name work`',
      question: 'there is no login claude/work: run `berth auth login claude --name work`',
    }
    await b.until(id, ({ type }) => type === 'turn.blocked')
    expect(await b.status(id)).toMatchObject(blocked)
    process.kill((await b.supervisor()) ?? 0, 'SIGKILL')
    expect(await b.status(id)).toMatchObject(blocked)
    await b.run(['auth', 'login', 'claude', '--with-token', '--name', 'work'], { input: access })
    expect(await b.run(['wait', id])).toMatchObject({ code: 0 })
    expect(await b.status(id)).toMatchObject({ state: 'done', login: 'work', reason: 'claude finished its turn' })
  })

  test('a token that the model refuses ends its turn, and later turns wait for a person', async () => {
    const { b, issuers } = bench
    const grant = () => issuers.tokens('claude').lasting(issuers.account('claude'), YEAR).access
    const [first, second] = [grant(), grant()]
    const keep = (token: string) => b.run(['auth', 'login', 'claude', '--with-token'], { input: token })
    await keep(first)
    issuers.tokens('claude').revoke(first)
    const ran = await b.run(['run', '--quiet', '--agent', 'claude', 'do it'])
    expect(ran).toMatchObject({ code: 6, stderr: expect.stringContaining('run `berth auth login claude`') })
    const id = await start('--agent', 'claude')
    await b.until(id, ({ type }) => type === 'turn.blocked')
    expect((await b.status(id)).reason).toContain('the model refuses its token')
    expect(await b.run(['auth', 'status', 'claude'])).toMatchObject({
      code: 6,
      stdout: expect.stringMatching(/ broken /),
    })
    await keep(second)
    expect(await b.run(['wait', id])).toMatchObject({ code: 0, stdout: `${id} done\n` })
  })

  test('a login that nobody named stands in for a key that is not set', async () => {
    const { b, issuers } = bench
    const without = await b.run(['run', '--agent', 'codex', 'do it'])
    expect(without).toMatchObject({ code: 6, stderr: expect.stringContaining('`berth auth login codex`') })
    keepLogin(b.home, chatgptLogin(issuers, 'work'))
    const id = await start()
    await b.run(['wait', id])
    expect(await b.status(id)).toMatchObject({ state: 'done', login: 'work' })
    keepLogin(b.home, chatgptLogin(issuers))
    await b.run(['send', id, 'and more'])
    await b.run(['wait', id])
    // A task keeps its login, whichever others choose by now.
    expect(await b.status(id)).toMatchObject({ state: 'done', login: 'work', turns: [{ turn: 1 }, { turn: 2 }] })
    expect(refreshes()).toBe(0)
  })

  test('a token that is due is refreshed before the turn; its issuer refuses: blocked, until a person logs in', async () => {
    const { b, issuers } = bench
    const old = keepLogin(b.home, chatgptLogin(issuers, 'work', 0))
    const first = await start('--login', 'work')
    await b.run(['wait', first])
    expect(await state(first)).toBe('done')
    expect(refreshes()).toBe(1)
    expect((await b.run(['doctor'])).stdout).toMatch(/^ok {2}keys of models: .* logins: codex\/work$/m)
    expect(processesOf([join(b.home, 'logins')]).filter(({ argv }) => argv.includes('refresher'))).toEqual([])
    const { access, refresh, refreshedAt } = bench.login('codex', 'work')
    expect([access === old.access, refresh === old.refresh, refreshedAt === null]).toEqual([false, false, false])
    issuers.tokens('openai').revoke(refresh ?? '')
    issuers.tokens('openai').expire()
    keepLogin(b.home, { ...bench.login('codex', 'work'), expiresAt: new Date(0).toISOString() })
    const second = await start('--login', 'work')
    await b.until(second, ({ type }) => type === 'turn.blocked')
    expect((await b.status(second)).reason).toMatch(
      /^the login codex\/work does not work any more \(.*Your session has ended.*\): run `berth auth login codex --name work`$/,
    )
    const listed = await b.run(['auth', 'status', 'codex', '--check'])
    expect(listed).toMatchObject({
      code: 6,
      stdout: expect.stringMatching(/^codex +work \* .* broken .*Your session/m),
    })
    expect(refreshes()).toBe(2)
    await b.run(['stop', second])
  })

  test(`${TASKS} tasks on one login that is due, and expires again under them: one refresh each time, none refused`, async () => {
    const { b, issuers } = bench
    keepLogin(b.home, chatgptLogin(issuers, 'default', 0))
    const held = issuers.stall('model')
    const ids = await Promise.all(Array.from({ length: TASKS }, () => start()))
    await waitFor(() => issuers.count('openai-model') === TASKS, 'a request of each')
    expect(refreshes()).toBe(1)
    issuers.tokens('openai').expire()
    held.release()
    for (const id of ids) expect(await b.run(['wait', id])).toMatchObject({ code: 0 })
    expect(refreshes()).toBe(2)
    const statuses = (of: string) => issuers.requests.filter(({ name }) => name === of).map(({ status }) => status)
    expect(statuses('openai-token')).toEqual([200, 200])
    // Each request was refused once, and the gateway repeated it.
    expect(statuses('openai-model').toSorted()).toEqual([...Array(TASKS).fill(200), ...Array(TASKS).fill(401)])
  })

  test('a token that comes to its end while the agent works is refreshed before, and no request is refused', async () => {
    const { b, issuers } = bench
    keepLogin(b.home, chatgptLogin(issuers, 'default', 12))
    issuers.model.load({ steps: [{ shell: 'true', hang: 'head' }, { text: 'done' }] })
    const id = await start()
    await waitFor(() => refreshes() === 1, 'the refresh')
    const renewed = () => bench.login('codex').refreshedAt !== null
    await waitFor(renewed, 'the new token')
    await issuers.model.release()
    expect(await b.run(['wait', id])).toMatchObject({ code: 0 })
    const asked = issuers.requests.filter(({ name }) => name === 'openai-model')
    expect(asked.map(({ status }) => status)).toEqual([200, 200])
    expect(asked.at(-1)?.headers.authorization).toBe(`Bearer ${bench.login('codex').access}`)
    expect(refreshes()).toBe(1)
  })

  test('status --check refreshes a login that is due and tries it, at each issuer', async () => {
    const { b, issuers } = bench
    const due = { name: 'due', seconds: 0 }
    const kept = [
      scriptedLogin(issuers, { of: 'claude', provider: 'claude', service: 'claude', scopes: 'user:inference', ...due }),
      chatgptLogin(issuers, due.name, due.seconds),
      scriptedLogin(issuers, {
        ...{ of: 'google', provider: 'gemini', service: 'google', ...due },
        extra: { client_id: 'a-client', client_secret: 'its-word' },
      }),
      scriptedLogin(issuers, { of: 'openai', provider: 'opencode', service: 'chatgpt', ...due }),
    ]
    const copilot = { of: 'copilot', provider: 'opencode', service: 'copilot', name: 'hub' } as const
    keepLogin(b.home, { ...scriptedLogin(issuers, copilot), refresh: null, expiresAt: null })
    for (const login of kept) keepLogin(b.home, login)
    const { logins } = await b.json<AuthAnswer>(['auth', 'status', '--check'])
    expect(logins.map(({ agent, name, check }) => [agent, name, check?.verdict])).toEqual([
      ['claude', 'due', 'accepted'],
      ['codex', 'due', 'accepted'],
      ['gemini', 'due', 'accepted'],
      ['opencode', 'due', 'accepted'],
      ['opencode', 'hub', 'accepted'],
    ])
    for (const { provider, name, access } of kept) {
      const now = bench.login(provider, name)
      expect([now.access === access, now.refreshedAt === null, now.problem]).toEqual([false, false, null])
    }
    expect(bench.login('gemini', 'due')).toMatchObject({ refresh: kept[2]?.refresh, extra: kept[2]?.extra })
  })

  test('use and logout', async () => {
    const { b, issuers } = bench
    for (const name of ['default', 'work']) keepLogin(b.home, chatgptLogin(issuers, name))
    expect(await b.run(['auth', 'use', 'codex', 'work'])).toMatchObject({ code: 0 })
    const hold = issuers.stall('model')
    const id = await start()
    await hold.reached
    expect((await b.status(id)).login).toBe('work')
    expect(await b.run(['auth', 'logout', 'codex', '--name', 'work'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`the login codex/work is in use by ${id}`),
    })
    hold.release()
    await b.run(['wait', id])
    const out = await b.run(['auth', 'logout', 'codex', '--name', 'work'])
    expect(out).toMatchObject({ code: 0, stdout: 'removed the login codex/work\n' })
    expect(out.stderr).toContain('the session at the issuer goes on')
    const { logins } = await b.json<AuthAnswer>(['auth', 'status', 'codex'])
    expect(logins.map(({ name, chosen }) => [name, chosen])).toEqual([['default', true]])
  })
})

describe.each(anyEngine())('what no login comes of, on $name', ({ flag }) => {
  let bench: LoginBench
  beforeAll(async () => {
    bench = await loginBench(flag)
    bench.trust(bench.b.folder)
  })
  afterAll(async () => {
    expect((await bench.b.json<AuthAnswer>(['auth', 'status'])).logins).toEqual([])
    expect((await bench.b.json<{ tasks: object[] }>(['ls', '-a'])).tasks).toEqual([])
    await bench.close()
  })

  test.each([
    [['login', 'cladue', '--with-token'], 'x', 2, 'known: codex, claude'],
    [['login', 'codex', '--with-token'], 'x', 2, 'gives its users no token'],
    [['login', 'claude', '--with-token', '--name', 'A/B'], 'x', 2, '--name A/B: a login'],
    [['login', 'claude', '--with-token', '--name', 'none'], 'x', 2, '--name none: a login'],
    [['login', 'claude', '--with-token'], ' \n', 2, 'stdin has no token'],
    [['login', 'claude', '--with-token'], 'sk-ant-api03-secret', 6, 'does not look like a token'],
    [['login', 'claude', '--with-token'], 'x'.repeat(70_000), 2, 'more than 64 KiB'],
    [['use', 'codex', 'nobody'], '', 6, 'there is no login codex/nobody; codex has no login'],
    [['logout', 'codex'], '', 6, 'there is no login codex/default'],
    [['logout', 'cladue'], '', 2, 'known: codex, claude'],
  ] as const)('%j: one clear error', async (args, input, code, says) => {
    const ran = await bench.b.run(['auth', ...args], { input })
    expect(ran).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(says) })
    expect(ran.stderr).not.toContain('secret')
    expect((await bench.b.json<AuthAnswer>(['auth', 'status'])).logins).toEqual([])
  })
  test('a token on a terminal would be seen: it is read from a file or a pipe alone', async () => {
    const screen = bench.onTerminal(['auth', 'login', 'claude', '--with-token'])
    expect(await screen.over).toBe(2)
    expect(screen.seen()).toContain('reads the token from stdin, and that is a terminal')
  })

  test.each([
    [['--agent', 'noop', '--login', 'x'], 'has no logins, only keys'],
    [['--login', 'A B'], '--login: "A B" is not allowed: lower-case letters, digits and -, at most 40'],
    [['--login-header', 'Authorization=x'], 'the gateway itself sets the header Authorization'],
    [['--login-header', 'a b=x'], '"a b" is not the name of a header'],
  ])('a task with %j: one clear error', async (args, says) => {
    const ran = await bench.b.run(['run', ...args, 'do it'])
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining(says) })
  })
})

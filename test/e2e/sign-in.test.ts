import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LABEL } from '../../src/domain/container-spec.ts'
import { engineAt } from '../../src/engines/locate/engine-at.ts'
import { anyEngine, firstEngine, TEST_ALL, type TestEngine } from '../fixtures/engines.ts'
import { chatgptLogin, keepLogin } from '../fixtures/issuers/keep-login.ts'
import { type LoginBench, loginBench } from '../fixtures/issuers/login-bench.ts'
import { ordinaryUser } from '../fixtures/ordinary-user.ts'
import { waitFor } from '../fixtures/wait-for.ts'
import { filesHolding } from '../fixtures/whole/files-holding.ts'

/** What a terminal was shown, without its sequences. */
const plain = (screen: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they begin with ESC
  screen.replace(/\u001b\[[0-9;?]*[A-Za-z]|\u001b[()][A-Z0-9]|\u001b[=>]/g, '')

/** Nothing of a sign-in is left but the login. */
const isClean = async ({ b }: LoginBench) => {
  expect(readdirSync(b.home).filter((name) => /^(sign-in-|trash-)/.test(name))).toEqual([])
  const folders = existsSync(join(b.home, 'tasks')) ? readdirSync(join(b.home, 'tasks')) : []
  const tasks = (await b.json<{ tasks: { id: string }[] }>(['ls', '-a'])).tasks.map(({ id }) => id)
  expect(folders.filter((id) => !tasks.includes(id))).toEqual([])
}

/** Root, or for rootless Podman an ordinary user. */
const benchOn = async ({ name, flag }: TestEngine): Promise<LoginBench> => {
  if (name !== 'rootless') return await loginBench(flag)
  const { uid, gid } = ordinaryUser()
  return await loginBench(flag, { uid, gid, env: { XDG_RUNTIME_DIR: `/run/user/${uid}` } })
}

describe.each(firstEngine())('signing in without a terminal, on $name', (on) => {
  let bench: LoginBench

  beforeAll(async () => {
    bench = await benchOn(on)
    bench.trust(bench.b.folder)
  })
  afterAll(() => bench.close())

  test('codex by a code, without a terminal; then a task runs on it', async () => {
    const { b, issuers } = bench
    const ran = await b.run(['auth', 'login', 'codex'])
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
    expect(ran.stdout).toContain('ABCD-12345')
    expect(ran.stdout).toContain('logged in: codex/default: user@openai.invalid, pro')
    const login = bench.login('codex')
    expect(login).toMatchObject({ kind: 'subscription', service: 'chatgpt', account: 'acct-scripted', plan: 'pro' })
    expect(statSync(join(b.home, 'logins', 'codex', 'default', 'login.json')).mode & 0o777).toBe(0o600)
    await isClean(bench)

    issuers.model.load({
      steps: [{ shell: 'env; cat /proc/*/environ | tr "\\0" "\\n"; ls -a ~/.codex' }, { text: 'done' }],
    })
    const task = await b.run(['run', '--quiet', 'look around'])
    expect(task, task.stderr).toMatchObject({ code: 0 })
    const [{ id = '' } = {}] = (await b.json<{ tasks: { id: string }[] }>(['ls', '-a'])).tasks
    expect(await b.status(id)).toMatchObject({ state: 'done', login: 'default' })
    const asked = issuers.requests.filter(({ name }) => name === 'openai-model')
    expect(asked.length).toBeGreaterThan(0)
    for (const { headers } of asked)
      expect(headers).toMatchObject({
        authorization: `Bearer ${login.access}`,
        'chatgpt-account-id': 'acct-scripted',
        version: '0.169.0',
      })
    const seen = await b.run(['log', '--raw', id])
    expect(seen.stdout).toContain(`berth-${id}`)
    for (const token of [login.access, login.refresh ?? '', login.extra['id_token'] ?? '']) {
      expect(token).not.toBe('')
      expect(seen.stdout).not.toContain(token)
      expect(filesHolding(token, [join(b.home, 'tasks')])).toEqual([])
    }
  })
})

describe.each(anyEngine())('signing in, on $name', ({ flag, kind, endpoint }) => {
  let bench: LoginBench
  const engine = engineAt(kind, endpoint)

  beforeAll(async () => {
    bench = await loginBench(flag)
    bench.trust(bench.b.folder)
    keepLogin(bench.b.home, chatgptLogin(bench.issuers, 'before'))
  })
  afterAll(() => bench.close())

  test.runIf(TEST_ALL)('claude by a code that is typed', async () => {
    const screen = bench.onTerminal(['auth', 'login', 'claude', '--name', 'work'])
    await screen.shows('Paste code here')
    const state = /[?&]state=([A-Za-z0-9_-]+)/.exec(plain(screen.seen()))?.[1] ?? ''
    expect(state).not.toBe('')
    const code = `${bench.issuers.code('claude')}#${state}`
    screen.type(code)
    await screen.shows(code)
    screen.type('\r')
    expect(await screen.over, plain(screen.seen())).toBe(0)
    expect(plain(screen.seen())).toContain('logged in: claude/work')
    expect(bench.login('claude', 'work')).toMatchObject({ kind: 'subscription', service: 'claude' })
    await isClean(bench)
  })

  test.runIf(TEST_ALL)('gemini by a code that is typed; its CLI goes on, and is ended', async () => {
    const screen = bench.onTerminal(['auth', 'login', 'gemini'])
    await screen.shows('Enter the authorization code')
    const code = bench.issuers.code('google')
    screen.type(code)
    await screen.shows(code)
    screen.type('\r')
    expect(await screen.over, plain(screen.seen())).toBe(0)
    expect(plain(screen.seen())).toContain('logged in: gemini/default: user@google.invalid')
    const login = bench.login('gemini')
    expect(login).toMatchObject({ service: 'google', refresh: expect.stringMatching(/^1\/\//) })
    expect(Object.keys(login.extra)).toEqual(expect.arrayContaining(['client_id', 'client_secret']))
    await isClean(bench)
  })

  test.runIf(TEST_ALL)('opencode by a code, at ChatGPT and at GitHub', async () => {
    const screen = bench.onTerminal(['auth', 'login', 'opencode'])
    expect(await screen.over, plain(screen.seen())).toBe(0)
    expect(plain(screen.seen())).toContain('logged in: opencode/default: user@openai.invalid')
    expect(bench.login('opencode')).toMatchObject({ service: 'chatgpt', account: 'acct-scripted' })
    const other = bench.onTerminal(['auth', 'login', 'opencode', '--service', 'copilot', '--name', 'copilot'])
    await other.shows('GitHub.com')
    other.type('\r')
    expect(await other.over, plain(other.seen())).toBe(0)
    expect(bench.login('opencode', 'copilot')).toMatchObject({ service: 'copilot', refresh: null, expiresAt: null })
    await isClean(bench)
  })

  test.runIf(TEST_ALL)('codex with the browser of this machine', async () => {
    const screen = bench.onTerminal(['auth', 'login', 'codex', '--browser', '--name', 'browser'])
    await screen.shows('redirect_uri')
    await screen.shows('On a remote or headless machine')
    const shown = /https:\/\/auth\.openai\.com(\/oauth\/authorize\?\S+)/.exec(plain(screen.seen()))?.[1] ?? ''
    const consent = await fetch(`${bench.issuers.url}${shown}`, { redirect: 'manual' })
    const back = consent.headers.get('location') ?? ''
    expect(back).toMatch(/^http:\/\/(localhost|127\.0\.0\.1):1455\/auth\/callback\?/)
    const answer = await fetch(back.replace('localhost', '127.0.0.1'))
    expect(answer.status).toBe(200)
    expect(await screen.over, plain(screen.seen())).toBe(0)
    expect(bench.login('codex', 'browser')).toMatchObject({ service: 'chatgpt', account: 'acct-scripted' })
    await isClean(bench)
  })

  test("a copy of the user's own login, with a warning; a task uses it", async () => {
    const { b, issuers } = bench
    const { access, refresh } = issuers.tokens('openai').signIn(issuers.account('openai'))
    const own = join(b.folder, 'own')
    mkdirSync(own)
    writeFileSync(
      join(own, 'auth.json'),
      JSON.stringify({ auth_mode: 'chatgpt', tokens: { access_token: access, refresh_token: refresh } }),
    )
    issuers.model.load({ steps: [{ text: 'done' }] })
    const ran = await b.run(['run', '--login-from-host', '--quiet', 'go'], { env: { CODEX_HOME: own } })
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    expect(ran.stderr).toContain('your own CLI and Berth now hold one login')
    expect(bench.login('codex', 'host')).toMatchObject({ access, refresh, account: 'acct-scripted' })
    const again = await b.run(['auth', 'login', 'codex', '--login-from-host', '--name', 'copy'], {
      env: { CODEX_HOME: own },
    })
    expect(again).toMatchObject({ code: 0, stdout: 'copied: codex/copy: user@openai.invalid\n' })
    expect(again.stderr).toContain('log in there again')
  })

  test('one that is ended half-way stores nothing, and leaves the login that was there', async () => {
    const before = bench.login('codex', 'before')
    bench.issuers.setPending(100_000)
    const screen = bench.onTerminal(['auth', 'login', 'codex', '--name', 'before'])
    await screen.shows('ABCD-12345')
    screen.type('\u0003')
    expect(await screen.over).toBe(6)
    expect(plain(screen.seen())).toMatch(
      /codex: its CLI ended with exit code \d+ and left no login; nothing was stored/,
    )
    expect(bench.login('codex', 'before')).toEqual(before)
    await isClean(bench)
  })

  test('a supervisor that is killed leaves a container, which the next one removes', async () => {
    const { b } = bench
    const before = bench.login('codex', 'before')
    bench.issuers.setPending(100_000)
    const screen = bench.onTerminal(['auth', 'login', 'codex', '--name', 'before'])
    await screen.shows('ABCD-12345')
    const [record = ''] = readdirSync(b.home).filter((name) => name.startsWith('sign-in-'))
    const id = /t-[0-9a-z]+/.exec(record)?.[0] ?? ''
    expect(await engine.list({ [LABEL.task]: id })).toHaveLength(1)
    const pid = await b.supervisor()
    if (pid === null) throw new Error('no supervisor answers')
    process.kill(pid, 'SIGKILL')
    expect(await screen.over).not.toBe(0)
    await b.run(['ls'])
    await waitFor(() => !existsSync(join(b.home, record)), 'the end of its record')
    expect(await engine.list({ [LABEL.task]: id })).toEqual([])
    expect(bench.login('codex', 'before')).toEqual(before)
    await isClean(bench)
    bench.issuers.setPending(1)
  })

  test.each([
    [['claude'], 'no-terminal', 'Claude Code logs in on a terminal, and this is none'],
    [['nobody'], 'unknown-provider', '--agent nobody: there is no such agent'],
    [['opencode', '--service', 'copilo'], 'bad-request', '--service copilo: opencode has no such service'],
    [['gemini', '--browser'], 'bad-request', '--browser: Gemini CLI logs in to Google by a code alone'],
    [['codex', '--name', 'Not A Name'], 'bad-request', "--name Not A Name: a login's name"],
  ])('%j is refused', async (args, code, message) => {
    const ran = await bench.b.run(['auth', 'login', ...args, '--json'])
    expect(ran.code).not.toBe(0)
    expect(JSON.parse(ran.stderr.trim().split('\n').at(-1) ?? '')).toMatchObject({
      error: { code, message: expect.stringContaining(message), hint: expect.not.stringContaining('send it again') },
    })
    await isClean(bench)
  })
})

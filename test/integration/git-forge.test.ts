import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { NO_COMPANY } from '../../src/domain/company-network.ts'
import type { ForgeToken } from '../../src/forges/forge.ts'
import type { OnToken } from '../../src/git/git.ts'
import { type ForgeAccess, hostGit } from '../../src/git/host-git.ts'
import { certificate } from '../fixtures/certificate.ts'
import { connectProxy } from '../fixtures/connect-proxy.ts'
import { git } from '../fixtures/remotes/git.ts'
import { cloneWork, commitAndBundle } from '../fixtures/remotes/make-bundle.ts'
import { protectBranch, refusePushes } from '../fixtures/remotes/remote-hooks.ts'
import { startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { tlsFront } from '../fixtures/tls-front.ts'

const USER = 'x-access-token'
const ASKPASS = join(import.meta.dirname, '../../bin/git-askpass')
const login = (password: string) => ({ user: USER, password })
const tokenOf = (value: string): ForgeToken => ({ value, user: USER, expiresAt: null, refreshAt: null })

let open = new AsyncDisposableStack()
afterEach(async () => {
  await open.disposeAsync()
  open = new AsyncDisposableStack()
})

/** Git that writes down its command line and its environment, and how the token's file is. */
const watchedGit = (folder: string): { readonly path: string; readonly seen: () => string } => {
  const [path, log] = [join(folder, 'git-watched'), join(folder, 'git.log')]
  const token =
    '[ -z "$BERTH_FORGE_TOKEN_FILE" ] || stat -c "%a %n" "$(dirname "$BERTH_FORGE_TOKEN_FILE")" "$BERTH_FORGE_TOKEN_FILE"'
  writeFileSync(path, `#!/bin/sh\n{ printf '%s\\n' "$@"; env; ${token}; } >>'${log}' 2>&1\nexec git "$@"\n`)
  chmodSync(path, 0o755)
  return { path, seen: () => readFileSync(log, 'utf8') }
}

/** A forge in front of a repository: `tokens` are what it gives, one after the other. */
const setUp = async (tokens: readonly string[] = ['ghs_canary']) => {
  const folder = open.use(temporaryFolder())
  const remote = await startHttpRemote({ login: login(tokens[0] ?? '') })
  open.defer(() => remote.close())
  const own = certificate(folder.path, 'forge')
  const front = open.use(await tlsFront(remote.port, own))
  const host = `127.0.0.1:${front.port}`
  const asked: string[] = []
  const watched = watchedGit(folder.path)
  const access: ForgeAccess = {
    of: (url) =>
      url.includes(host)
        ? {
            host,
            repositoryOf: (link) => new URL(link).pathname.slice(1).replace('.git', ''),
            repository: async (name) => ({ name, defaultBranch: 'main', archived: false }),
            token: async ({ repository, permissions }) => {
              asked.push(`${repository} ${permissions.contents}`)
              return tokenOf(tokens[asked.length - 1] ?? tokens.at(-1) ?? '')
            },
          }
        : undefined,
    askpass: ASKPASS,
    tokens: join(folder.path, 'run/git-tokens'),
  }
  const company = () => ({ ...NO_COMPANY, caFile: own.file })
  const berth = hostGit({ git: watched.path, company, forges: access })
  return {
    folder: folder.path,
    remote,
    host,
    url: `https://${host}/project.git`,
    asked,
    berth,
    access,
    watched,
    company,
  }
}

/** A caller whose git would do all it can with the talk: other credentials, another address, one more header. */
const strangeCaller = (folder: string, host: string) => {
  const home = join(folder, 'home')
  mkdirSync(home)
  const called = join(folder, 'helper-called')
  writeFileSync(
    join(home, '.gitconfig'),
    [
      `[credential]\n\thelper = "!f() { touch ${called}; echo username=eve; echo password=mine; }; f"`,
      `[url "https://elsewhere.invalid/"]\n\tinsteadOf = https://${host}/`,
      '[http]\n\textraHeader = "Authorization: Basic bWluZQ=="\n\tproxy = http://127.0.0.1:9',
    ].join('\n'),
  )
  writeFileSync(join(home, '.netrc'), `machine 127.0.0.1 login eve password mine\n`)
  return {
    called,
    env: { HOME: home, PATH: process.env['PATH'] ?? '', GIT_SSL_NO_VERIFY: '1', GIT_ASKPASS: '/bin/false' },
  }
}

/** Fetches, makes work and pushes it. */
const roundTrip = async (bench: Awaited<ReturnType<typeof setUp>>, callerEnv: Readonly<Record<string, string>>) => {
  const { berth, folder, url } = bench
  const told: Parameters<OnToken>[0][] = []
  const onToken: OnToken = (token) => void told.push(token)
  const { sha } = await berth.resolve(url, 'main', callerEnv, undefined, { onToken })
  const { path: mirror } = await berth.mirror({
    mirrorsDir: join(folder, 'mirrors'),
    url,
    sha,
    pin: 'p',
    callerEnv,
    onToken,
  })
  const { bundle, head } = commitAndBundle(cloneWork(mirror, join(folder, 'work'), sha))
  const publish = join(folder, 'publish.git')
  await berth.take({ bundle, publish, mirror, base: sha, maxBytes: 1e6 })
  const push = (branch: string) =>
    berth.push({ publish, url, sha: head, branch, mode: 'lease', expected: null, callerEnv, onToken })
  return { head, push, told }
}

describe("git with a forge's token", () => {
  test("asks, fetches and pushes with it, and with nothing of the caller's", async () => {
    const bench = await setUp()
    const { remote, folder, asked, access } = bench
    const caller = strangeCaller(folder, bench.host)
    const { head, push, told } = await roundTrip(bench, caller.env)
    expect(await push('berth/t-1')).toEqual({ ok: true, sha: head })
    expect(git(remote.bare, ['rev-parse', 'berth/t-1'])).toBe(head)
    expect(existsSync(caller.called)).toBe(false)
    expect(asked).toEqual(['project read', 'project read', 'project write'])
    expect(told.map(({ permissions }) => permissions.contents)).toEqual(['read', 'read', 'write'])
    expect(told[0]).toMatchObject({ value: 'ghs_canary', repository: 'project', expiresAt: null })
    expect(readdirSync(access.tokens)).toEqual([])
  })

  test('puts it on no command line and into no environment; its file is for this user alone', async () => {
    const bench = await setUp()
    const mask = process.umask(0)
    try {
      const { push } = await roundTrip(bench, bench.remote.callerEnv)
      await push('berth/t-1')
    } finally {
      process.umask(mask)
    }
    const seen = bench.watched.seen()
    expect(seen).toContain(`BERTH_FORGE_HOST=${bench.host}`)
    expect(seen).not.toContain('canary')
    const modes = seen.split('\n').filter((line) => /^\d{3} \//.test(line))
    expect(modes).toHaveLength(6)
    for (const line of modes) expect(line).toMatch(/^(700 .*git-tokens|600 .*git-tokens\/[0-9a-f-]+)$/)
    expect(statSync(bench.access.tokens).mode & 0o777).toBe(0o700)
  })

  test('hides it where the forge says it back', async () => {
    const bench = await setUp()
    refusePushes(bench.remote.bare, 'who is ghs_canary?')
    const { push } = await roundTrip(bench, {})
    expect(await push('berth/t-1')).toMatchObject({ ok: false, reason: expect.stringContaining('who is ***?') })
  })

  test('removes the files that a killed supervisor left', async () => {
    const { access } = await setUp()
    mkdirSync(access.tokens, { recursive: true, mode: 0o700 })
    writeFileSync(join(access.tokens, 'left'), 'ghs_old')
    hostGit({ forges: access })
    expect(existsSync(access.tokens)).toBe(false)
  })

  test('asks the forge again for one that ended in the middle of a fetch', async () => {
    const bench = await setUp(['ghs_first', 'ghs_second', 'ghs_third'])
    const { remote, berth, url, folder, asked } = bench
    const { requests } = remote.state
    const sha = git(remote.bare, ['rev-parse', 'main'])
    // The first one is good until git asks for the objects.
    Object.defineProperty(remote.state, 'login', {
      get: () => login(requests.some((line) => line.startsWith('POST')) ? 'ghs_second' : 'ghs_first'),
    })
    const asking = { mirrorsDir: join(folder, 'mirrors'), url, sha, pin: 'p', callerEnv: {} }
    expect(await berth.mirror(asking)).toMatchObject({ fetched: true })
    expect(asked).toHaveLength(2)
  })

  test('tells what the forge says where it takes none', async () => {
    const { berth, url, remote, asked } = await setUp()
    remote.state.login = login('another')
    const error = await berth.resolve(url, 'main', {}).catch((reason) => reason)
    expect(error).toMatchObject({
      code: 'forge-denied',
      message: expect.stringMatching(/refused git access to project: .*Authentication failed/s),
    })
    expect(error.message).not.toContain('canary')
    // The same token again would be refused again.
    expect(asked).toHaveLength(2)
    expect(remote.state.requests).toHaveLength(2)
  })

  test('says that a forge hides a private repository', async () => {
    const { berth, url } = await setUp()
    const error = await berth.resolve(url.replace('project', 'other'), 'main', {}).catch((reason) => reason)
    expect(error).toMatchObject({ code: 'repository-unreachable', hint: expect.stringContaining('private repository') })
  })

  test('tells a push that it may not do from one that a branch refuses; neither waits for a caller', async () => {
    const bench = await setUp()
    const { push } = await roundTrip(bench, {})
    protectBranch(bench.remote.bare, 'closed')
    expect(await push('closed')).toMatchObject({
      ok: false,
      kind: 'rejected',
      reason: expect.stringContaining('takes no direct pushes'),
      own: true,
    })
    bench.remote.state.readOnly = true
    const denied = await push('berth/t-1')
    expect(denied).toMatchObject({ ok: false, own: true, reason: expect.stringContaining('403') })
  })

  test('gives it to no other host', async () => {
    const bench = await setUp()
    const elsewhere = await startHttpRemote({ login: login('ghs_canary') })
    open.defer(() => elsewhere.close())
    const other = open.use(await tlsFront(elsewhere.port, certificate(bench.folder, 'other', ['DNS:localhost'])))
    const redirect = createServer((request, response) => {
      response.writeHead(302, { location: `https://localhost:${other.port}${request.url}` }).end()
    })
    await new Promise<void>((done) => redirect.listen(0, '127.0.0.1', done))
    open.defer(() => new Promise<void>((done) => void redirect.close(() => done())))
    const own = certificate(bench.folder, 'first')
    const front = open.use(await tlsFront((redirect.address() as AddressInfo).port, own))
    const both = join(bench.folder, 'both.pem')
    writeFileSync(both, own.cert + readFileSync(join(bench.folder, 'other.crt'), 'utf8'))
    const host = `127.0.0.1:${front.port}`
    const access = { ...bench.access, of: () => ({ ...bench.access.of(bench.url), host }) as never }
    const berth = hostGit({ company: () => ({ ...NO_COMPANY, caFile: both }), forges: access })
    const error = await berth.resolve(`https://${host}/project.git`, 'main', {}).catch((reason) => reason)
    expect(error).toMatchObject({ code: 'repository-unreachable', message: expect.stringContaining('302') })
    expect(elsewhere.state.requests).toEqual([])
  })

  test("goes by the company's proxy, whatever the caller's shell says of proxies", async () => {
    const { folder, remote, access, asked, url } = await setUp()
    const own = certificate(folder, 'named', ['DNS:git.test'])
    const front = open.use(await tlsFront(remote.port, own))
    const proxy = open.use(await connectProxy({ places: { 'git.test:443': front.port }, login: 'ann:pass-canary' }))
    const proxies = { http: null, https: proxy.url, direct: [] }
    const forge = access.of(url)
    const forges = { ...access, of: () => forge && { ...forge, host: 'git.test' } }
    const berth = hostGit({ company: () => ({ proxies, caFile: own.file }), forges })
    const caller = { HTTPS_PROXY: 'http://127.0.0.1:9', no_proxy: '*' }
    const { sha } = await berth.resolve('https://git.test/project.git', 'main', caller)
    expect(sha).toBe(git(remote.bare, ['rev-parse', 'main']))
    expect(new Set(proxy.asked)).toEqual(new Set(['git.test:443']))
    expect(asked).toEqual(['project read'])
  })

  test("leaves other transports and other hosts to the caller's git", async () => {
    const { berth, remote, asked } = await setUp()
    const other = await startHttpRemote({ login: { user: 'ann', password: 'tops3cret' } })
    open.defer(() => other.close())
    const sha = git(other.bare, ['rev-parse', 'main'])
    expect(await berth.resolve(other.url, 'main', other.callerEnv)).toMatchObject({ sha })
    expect(await berth.resolve(remote.bare, 'main', {})).toMatchObject({ branch: 'main' })
    expect(asked).toEqual([])
  })
})

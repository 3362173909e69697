import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { NO_COMPANY } from '../../src/domain/company-network.ts'
import { authoritiesFile } from '../../src/egress/authorities-file.ts'
import { checkCompanyNetwork } from '../../src/egress/check-company-network.ts'
import { tryKey } from '../../src/egress/try-key.ts'
import { hostGit } from '../../src/git/host-git.ts'
import { certificate } from '../fixtures/certificate.ts'
import { connectProxy } from '../fixtures/connect-proxy.ts'
import { git } from '../fixtures/remotes/git.ts'
import { cloneWork, commitAndBundle } from '../fixtures/remotes/make-bundle.ts'
import { startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { tlsFront } from '../fixtures/tls-front.ts'
import { cleanups, client, KEY, logText, model, root, send, taskOf, useGateways, verdict } from './gateway-harness.ts'

useGateways()

const LOGIN = 'someone:pass-canary-7341'
const REFUSAL = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 24\r\n\r\nnot on the list of hosts'
const signal = () => AbortSignal.timeout(30_000)
const through = (url: string, caFile: string | null = null) => ({
  proxies: { http: url, https: url, direct: [] },
  caFile,
})
const proxyFor = async (options: Parameters<typeof connectProxy>[0]) => {
  const proxy = await connectProxy(options)
  cleanups.push(() => proxy[Symbol.asyncDispose]())
  return proxy
}

/** A model that only a proxy knows by its name. */
const distantModel = async () => {
  const own = certificate(root, 'model', ['DNS:model.test'])
  const upstream = await model({ tls: own, scenario: { key: KEY } })
  return { upstream, file: own.file, places: { 'model.test:443': Number(new URL(upstream.url).port) } }
}

describe('the model', () => {
  test.each([
    ['without a login', {}],
    ['with a login', { login: LOGIN }],
  ])('is reached by a proxy %s, on one connection for requests one after another', async (_, options) => {
    const { upstream, places, file } = await distantModel()
    const proxy = await proxyFor({ places, ...options })
    const task = taskOf('https://model.test/v1', 't-1', {}, through(proxy.url, file))
    await client().open(task)
    const statuses = [await send({ socket: task.socket }), await send({ socket: task.socket })].map((one) => one.status)
    expect(statuses).toEqual([200, 200])
    expect(upstream.requests).toHaveLength(2)
    expect(proxy.asked).toEqual(['model.test:443'])
    expect(logText()).not.toContain('canary')
  })

  test('is reached by a proxy that is spoken to by TLS', async () => {
    const { upstream, places, file } = await distantModel()
    const own = certificate(root, 'proxy')
    const both = join(root, 'both.pem')
    writeFileSync(both, [file, own.file].map((one) => readFileSync(one, 'utf8')).join(''))
    const proxy = await proxyFor({ places, tls: own, login: LOGIN })
    const task = taskOf('https://model.test/v1', 't-1', {}, through(proxy.url, both))
    await client().open(task)
    expect((await send({ socket: task.socket })).status).toBe(200)
    expect(proxy.asked).toEqual(['model.test:443'])
    expect(upstream.requests).toHaveLength(1)
  })

  test('is unreachable where the proxy refuses: its words are in the verdict, the login is not', async () => {
    const proxy = await proxyFor({ refusal: REFUSAL, login: LOGIN })
    const task = taskOf('https://model.test/v1', 't-1', {}, through(proxy.url))
    const port = client()
    await port.open(task)
    const statuses = []
    for (let i = 0; i < 3; i += 1) statuses.push((await send({ socket: task.socket })).status)
    expect(statuses).toEqual([502, 502, 502])
    const said = `the proxy 127.0.0.1:${proxy.port} refuses model.test:443 with 403: Forbidden not on the list of hosts`
    expect(await verdict(port)).toMatchObject({
      class: 'unreachable',
      fatal: true,
      message: expect.stringContaining(said),
    })
    expect(logText()).not.toContain('canary')
  })

  test('is reached without the proxy where NO_PROXY names it, and on the loopback', async () => {
    const upstream = await model({ scenario: { key: KEY } })
    const proxy = await proxyFor({ refusal: REFUSAL })
    const task = taskOf(`${upstream.url}/v1`, 't-1', {}, through(proxy.url))
    await client().open(task)
    expect((await send({ socket: task.socket })).status).toBe(200)
    expect(proxy.asked).toEqual([])
  })
})

describe('before a task is created', () => {
  test('a key is tried by the proxy, and the answer has the words of one that refuses', async () => {
    const { places, file } = await distantModel()
    const asked = { url: 'https://model.test/v1/models', header: 'authorization-bearer' as const, key: KEY }
    const proxy = await proxyFor({ places, login: LOGIN })
    expect(await tryKey()({ ...asked, company: through(proxy.url, file) }, signal())).toMatchObject({
      detail: expect.stringContaining('https://model.test/v1/models answered '),
    })
    const refusing = await proxyFor({ refusal: REFUSAL })
    expect(await tryKey()({ ...asked, company: through(refusing.url, file) }, signal())).toEqual({
      verdict: 'unknown',
      detail: `https://model.test/v1/models could not be asked: the proxy 127.0.0.1:${refusing.port} refuses model.test:443 with 403: Forbidden not on the list of hosts`,
    })
  })

  test('a proxy that refuses the model is an error with its words', async () => {
    const { places } = await distantModel()
    const check = checkCompanyNetwork()
    const upstream = 'https://model.test/v1'
    const proxy = await proxyFor({ places, login: LOGIN })
    await check({ company: through(proxy.url), upstream }, signal())
    const anonymous = proxy.url.replace(`${LOGIN}@`, '')
    await expect(check({ company: through(anonymous), upstream }, signal())).rejects.toMatchObject({
      code: 'proxy-refused',
      message: `the proxy 127.0.0.1:${proxy.port} refuses model.test:443 with 407: Proxy Authentication Required`,
    })
    await check({ company: through(anonymous), upstream: null }, signal())
    await check({ company: NO_COMPANY, upstream }, signal())
  })

  test.each([
    ['is not there', null, 'ENOENT'],
    ['has no certificate', 'hello', 'it has no certificate in PEM form'],
    ['has a broken certificate', '-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n', 'no file of'],
  ])('a file of authorities that %s is an error', async (_, text, said) => {
    const caFile = join(root, 'company.pem')
    if (text !== null) writeFileSync(caFile, text)
    const company = { ...NO_COMPANY, caFile }
    await expect(checkCompanyNetwork()({ company, upstream: null }, signal())).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining(said),
    })
  })
})

describe('git on the host', () => {
  const setUp = async (options: Parameters<typeof connectProxy>[0] = {}) => {
    const remote = await startHttpRemote({ login: { user: 'ann', password: 'tops3cret' } })
    cleanups.push(() => remote.close())
    const own = certificate(root, 'git', ['DNS:git.test', 'IP:127.0.0.1'])
    const front = await tlsFront(remote.port, own)
    cleanups.push(() => front[Symbol.asyncDispose]())
    const proxy = await proxyFor({ places: { 'git.test:443': front.port }, ...options })
    return { remote, own, proxy, url: 'https://git.test/project.git', all: authoritiesFile(join(root, 'all.pem')) }
  }

  test.each([
    ['without a login', {}],
    ['with a login', { login: LOGIN }],
  ])('fetches and pushes by a proxy %s, and trusts the authorities of the file', async (_, options) => {
    const { remote, own, proxy, url, all } = await setUp(options)
    const berth = hostGit({ company: () => through(proxy.url, all(own.file)) })
    // What the caller's shell says counts only where Berth's settings leave it.
    const callerEnv = { ...remote.callerEnv, HTTPS_PROXY: 'http://127.0.0.1:9', no_proxy: '*' }
    const { sha } = await berth.resolve(url, 'main', callerEnv)
    const mirror = await berth.mirror({ mirrorsDir: join(root, 'mirrors'), url, sha, pin: 'p', callerEnv })
    const { bundle, head } = commitAndBundle(cloneWork(mirror.path, join(root, 'work'), sha))
    const publish = join(root, 'publish.git')
    await berth.take({ bundle, publish, mirror: mirror.path, base: sha, maxBytes: 1e6 })
    const branch = 'berth/t-1'
    const pushed = await berth.push({ publish, url, sha: head, branch, mode: 'lease', expected: null, callerEnv })
    expect(pushed).toEqual({ ok: true, sha: head })
    expect(git(remote.bare, ['rev-parse', branch])).toBe(head)
    expect(new Set(proxy.asked)).toEqual(new Set(['git.test:443']))
    expect(proxy.asked.length).toBeGreaterThanOrEqual(3)
  })

  test('says what a proxy answered that refuses, without the login', async () => {
    const { remote, proxy, url } = await setUp({ login: LOGIN })
    const wrong = proxy.url.replace('7341', 'wrong')
    const error = await hostGit({ company: () => through(wrong) })
      .resolve(url, 'main', remote.callerEnv)
      .catch((reason) => reason)
    expect(error).toMatchObject({ code: 'repository-unreachable', message: expect.stringContaining('407') })
    expect(error.message).not.toContain('canary')
  })

  test('reaches this machine and the hosts of NO_PROXY directly', async () => {
    const { remote, proxy, own, all } = await setUp()
    const company = () => through(proxy.url, all(own.file))
    const { sha } = await hostGit({ company }).resolve(remote.url, 'main', remote.callerEnv)
    expect(sha).toBe(git(remote.bare, ['rev-parse', 'main']))
    const direct = { ...company(), proxies: { ...company().proxies, direct: ['*.invalid'] } }
    const asked = hostGit({ company: () => direct }).resolve('https://git.invalid/x.git', 'main', remote.callerEnv)
    await expect(asked).rejects.toMatchObject({ message: expect.stringContaining('resolve') })
    expect(proxy.asked).toEqual([])
  })
})

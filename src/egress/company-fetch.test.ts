import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { certificate } from '../../test/fixtures/certificate.ts'
import { connectProxy } from '../../test/fixtures/connect-proxy.ts'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { type CompanyNetwork, NO_COMPANY } from '../domain/company-network.ts'
import { companyFetch } from './company-fetch.ts'

const place = temporaryFolder('berth-fetch-')
const own = certificate(place.path, 'own', ['IP:127.0.0.1', 'DNS:forge.test'])
const seen: { readonly path: string; readonly method: string; readonly token: string; readonly body: string }[] = []
let origin = ''
let elsewhere = ''

const ANSWERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/': (response) => response.writeHead(200, { 'X-Set': ['a', 'b'] }).end('hello'),
  '/moved': (response) => response.writeHead(301, { location: '/' }).end(),
  '/kept': (response) => response.writeHead(307, { location: `${origin}/` }).end(),
  '/away': (response) => response.writeHead(302, { location: `${elsewhere}/` }).end('gone'),
  '/loop': (response) => response.writeHead(301, { location: '/loop' }).end(),
  '/large': (response) => response.writeHead(200).end(Buffer.alloc(17 * 1024 * 1024)),
  '/half': (response) => {
    response.writeHead(200, { 'content-length': '10' }).write('half')
    setTimeout(() => response.destroy(), 20)
  },
  '/silent': () => undefined,
}

const answer = async (request: IncomingMessage, response: ServerResponse) => {
  const { url = '', method = '', headers } = request
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  seen.push({ path: url, method, token: headers.authorization ?? '', body: Buffer.concat(parts).toString() })
  ANSWERS[url]?.(response)
}

const servers = [0, 1].map(() => createServer(own, (request, response) => void answer(request, response)))
beforeAll(async () => {
  for (const server of servers) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const [a, b] = servers.map((server) => `https://127.0.0.1:${(server.address() as AddressInfo).port}`)
  origin = a ?? ''
  elsewhere = b ?? ''
})
afterAll(() => {
  for (const server of servers) server.close().closeAllConnections()
  place[Symbol.dispose]()
})
beforeEach(() => void seen.splice(0))

const COMPANY: CompanyNetwork = { ...NO_COMPANY, caFile: own.file }
const get = (path: string, { method = 'GET', body, company = COMPANY, limitMs = 30_000 }: Partial<Ask> = {}) =>
  companyFetch(limitMs)(company)(`${origin}${path}`, { method, headers: { authorization: 'canary' }, body })
type Ask = { method: string; body: string; company: CompanyNetwork; limitMs: number }

test('asks a server whose authority the file has, with the headers', async () => {
  const got = await get('/')
  expect([got.status, await got.text(), got.url]).toEqual([200, 'hello', `${origin}/`])
  expect(got.headers.get('x-set')).toBe('a, b')
  expect(seen).toEqual([{ path: '/', method: 'GET', token: 'canary', body: '' }])
})

test('refuses a server whose authority nobody trusts', async () => {
  await expect(get('/', { company: NO_COMPANY })).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  expect(seen).toEqual([])
})

test('goes by the proxy of the company, with its login', async () => {
  const places = { 'forge.test:443': Number(new URL(origin).port) }
  await using proxy = await connectProxy({ login: 'ann:secret', places })
  const company = { ...COMPANY, proxies: { http: null, https: proxy.url, direct: [] } }
  const fetch = companyFetch()(company)
  expect((await fetch('https://forge.test/', { method: 'GET', headers: {} })).status).toBe(200)
  expect(proxy.asked).toEqual(['forge.test:443'])
})

test('follows a redirect of its own server, and sends the body again where the method stays', async () => {
  expect(await (await get('/moved')).text()).toBe('hello')
  expect(await (await get('/kept', { method: 'POST', body: 'body' })).text()).toBe('hello')
  expect(seen.map(({ path, method, body }) => [path, method, body])).toEqual([
    ['/moved', 'GET', ''],
    ['/', 'GET', ''],
    ['/kept', 'POST', 'body'],
    ['/', 'POST', 'body'],
  ])
})

test.each([
  ['to another server, which would get the secret', '/away', 'GET', 302],
  ['of a request that would become another one', '/moved', 'POST', 301],
  ['in a circle', '/loop', 'GET', 301],
])('gives back a redirect %s', async (_, path, method, status) => {
  expect((await get(path, { method })).status).toBe(status)
  expect(new Set(seen.map((one) => one.path))).toEqual(new Set([path]))
})

test('rejects for an answer that does not end, is too large, or breaks off', async () => {
  await expect(get('/silent', { limitMs: 100 })).rejects.toMatchObject({ name: 'TimeoutError' })
  await expect(get('/large')).rejects.toThrow('larger than 16 MiB')
  await expect(get('/half')).rejects.toMatchObject({ code: 'ECONNRESET' })
})

test('ends with the reason of its signal', async () => {
  const gone = new AbortController()
  const asked = companyFetch()(COMPANY)(`${origin}/silent`, { method: 'GET', headers: {}, signal: gone.signal })
  await expect.poll(() => seen.length).toBe(1)
  gone.abort(new Error('gone'))
  await expect(asked).rejects.toThrow('gone')
})

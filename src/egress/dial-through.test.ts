import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { certificate } from '../../test/fixtures/certificate.ts'
import { type ConnectProxy, connectProxy } from '../../test/fixtures/connect-proxy.ts'
import { type Dialed, dialer } from './dial.ts'
import type { Resolve } from './look-up.ts'

const folder = mkdtempSync(join(tmpdir(), 'berth-dial-'))
const own = certificate(folder, 'own')
const signal = new AbortController().signal
/** Says hello at once, and what it heard when the client has ended. */
const echo = createServer({ allowHalfOpen: true }, (socket) => {
  let heard = ''
  socket.write('hello ')
  socket.on('data', (piece) => {
    heard += piece
  })
  socket.on('end', () => socket.end(heard))
})
let places: Readonly<Record<string, number>> = {}
beforeAll(async () => {
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  const { port } = echo.address() as AddressInfo
  places = { 'example.org:443': port, 'example.org:80': port, '10.9.8.7:443': port }
})
afterAll(() => {
  echo.close()
  rmSync(folder, { recursive: true })
})

const noLookUp: Resolve = (name) => Promise.reject(new Error(`${name} was looked up`))
const dialing = (url: string, over: Partial<Dialed> = {}, direct: readonly string[] = []) =>
  dialer({
    resolve: noLookUp,
    limitMs: 5000,
    proxies: { http: url, https: url, direct },
    secureContext: () => createSecureContext({ ca: own.cert }),
  })({ host: 'example.org', port: 443, isPrivateAllowed: false, signal, ...over })

const said = async (socket: Socket): Promise<string> => {
  socket.end('bye')
  let text = ''
  for await (const piece of socket) text += piece
  return text
}

test.each([
  ['without a login', {}],
  ['with a login', { login: 'some%40one:p%3Ass%20word' }],
  ['with TLS and a login', { login: 'someone:password', tls: own }],
])('reaches a host by a proxy %s, which alone looks its name up', async (_, options) => {
  const login = 'login' in options ? decodeURIComponent(options.login) : undefined
  await using proxy = await connectProxy({ places, ...options, ...(login === undefined ? {} : { login }) })
  const url = login === undefined ? proxy.url : proxy.url.replace(login, 'login' in options ? options.login : '')
  expect(await said(await dialing(url))).toBe('hello bye')
  expect(proxy.asked).toEqual(['example.org:443'])
})

test('gives the words of a proxy that refuses: cleaned, bounded, and without the login', async () => {
  const page = `<html><style>p { color: red }</style><p>Access\u001b[31m denied</p> for someone:hunter22-canary ${'x '.repeat(3000)}`
  const refusal = `HTTP/1.1 403 Forbidden\r\nContent-Length: ${page.length}\r\n\r\n${page}`
  await using proxy = await connectProxy({ refusal, login: 'someone:hunter22-canary' })
  const error = await dialing(proxy.url).catch((reason) => reason)
  expect(error).toMatchObject({ name: 'DialError', kind: 'parent' })
  expect(error.message).toMatch(
    `the proxy 127.0.0.1:${proxy.port} refuses example.org:443 with 403: Forbidden Access denied for *** x x`,
  )
  expect(error.message.length).toBeLessThan(500)
  expect(error.message).not.toContain('hunter22')
})

test('says which status a proxy answers where the login is missing or wrong', async () => {
  await using proxy = await connectProxy({ login: 'someone:hunter22-canary' })
  for (const login of ['', 'someone:wrong@'])
    await expect(dialing(`http://${login}127.0.0.1:${proxy.port}`)).rejects.toMatchObject({
      kind: 'parent',
      message: `the proxy 127.0.0.1:${proxy.port} refuses example.org:443 with 407: Proxy Authentication Required`,
    })
})

const answering = async (answer: string): Promise<AsyncDisposable & { readonly url: string }> => {
  const server = createServer((socket) => void socket.on('error', () => {}).once('data', () => socket.end(answer)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => void (await new Promise((resolve) => server.close(resolve))),
  }
}

test.each([
  ['no HTTP', 'SSH-2.0-OpenSSH\r\n'],
  ['nothing', ''],
  ['a head without an end', `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(64 * 1024)}`],
])('refuses a proxy that answers with %s', async (_, answer) => {
  await using server = await answering(answer)
  await expect(dialing(server.url)).rejects.toMatchObject({
    kind: 'parent',
    message: expect.stringContaining('gives no proper answer'),
  })
})

test('keeps what a target sends with the answer of the proxy', async () => {
  await using server = await answering('HTTP/1.1 200 OK\r\n\r\nhello')
  const socket = await dialing(server.url)
  let text = ''
  for await (const piece of socket) text += piece
  socket.destroy()
  expect(text).toBe('hello')
})

test('says that a proxy cannot be reached, or is not trusted', async () => {
  const gone: ConnectProxy = await connectProxy()
  await gone[Symbol.asyncDispose]()
  await expect(dialing(gone.url)).rejects.toMatchObject({
    kind: 'parent',
    message: `the proxy 127.0.0.1:${gone.port} can't be reached: 127.0.0.1:${gone.port} takes no connection (127.0.0.1: ECONNREFUSED)`,
  })
  await using stranger = await connectProxy({ tls: certificate(folder, 'stranger') })
  await expect(dialing(stranger.url)).rejects.toMatchObject({
    kind: 'parent',
    message: expect.stringContaining('self'),
  })
})

test('ends with the time limit and with the signal while a proxy is silent', async () => {
  const silent = createServer(() => {})
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
  const sockets: Socket[] = []
  silent.on('connection', (socket) => sockets.push(socket.on('error', () => {})))
  const dial = dialer({ limitMs: 50, proxies: { http: url, https: url, direct: [] } })
  const to = { host: 'example.org', port: 443, isPrivateAllowed: false, signal }
  await expect(dial(to)).rejects.toMatchObject({
    kind: 'timeout',
    message: `there was no connection to example.org:443 by the proxy ${new URL(url).host} in 0.05 s`,
  })
  const gone = new AbortController()
  const dialed = dialing(url, { signal: gone.signal })
  silent.once('connection', () => gone.abort(new Error('the client went away')))
  await expect(dialed).rejects.toThrow('the client went away')
  await Promise.all(
    sockets.map((socket) => socket.closed || new Promise((resolve) => socket.resume().once('close', resolve))),
  )
  silent.close()
})

test('judges a host that is an address before the proxy hears of it', async () => {
  await using proxy = await connectProxy({ places })
  const address = { host: '10.9.8.7' }
  await expect(dialing(proxy.url, address)).rejects.toMatchObject({ kind: 'private' })
  await expect(dialing(proxy.url, { host: '169.254.169.254', isPrivateAllowed: true })).rejects.toMatchObject({
    kind: 'address',
  })
  expect(proxy.asked).toEqual([])
  expect(await said(await dialing(proxy.url, { ...address, isPrivateAllowed: true }))).toBe('hello bye')
  expect(proxy.asked).toEqual(['10.9.8.7:443'])
})

test('reaches what NO_PROXY names directly, and then looks it up and judges it', async () => {
  await using proxy = await connectProxy({ places })
  await expect(dialing(proxy.url, {}, ['example.org'])).rejects.toMatchObject({
    kind: 'unknown-name',
    message: 'example.org could not be looked up: example.org was looked up',
  })
  expect(proxy.asked).toEqual([])
})

test('the proxy for http is asked for port 80, or as the scheme says', async () => {
  await using proxy = await connectProxy({ places })
  const dial = dialer({ resolve: noLookUp, proxies: { http: proxy.url, https: null, direct: [] } })
  const to = { host: 'example.org', isPrivateAllowed: false, signal }
  await said(await dial({ ...to, port: 80 }))
  await said(await dial({ ...to, port: 443, scheme: 'http' }))
  await expect(dial({ ...to, port: 443 })).rejects.toMatchObject({ kind: 'unknown-name' })
  expect(proxy.asked).toEqual(['example.org:80', 'example.org:443'])
})

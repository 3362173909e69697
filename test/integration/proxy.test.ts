import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { CompanyNetwork } from '../../src/domain/company-network.ts'
import type { NetworkRule } from '../../src/domain/network/rule.ts'
import type { GatewayLine } from '../../src/egress/egress.ts'
import { certificate } from '../fixtures/certificate.ts'
import { cleanups, client, logText, root, serve, taskOf, until, useGateways } from './gateway-harness.ts'

useGateways()

const run = promisify(execFile)

/** The port inside a sandbox, as the worker's forwarder has it. */
const forwarder = async (socket: string): Promise<number> => {
  const server = createServer({ allowHalfOpen: true }, (inside) => {
    const outside = connect({ path: socket, allowHalfOpen: true })
    inside.pipe(outside)
    outside.pipe(inside)
    inside.on('error', () => outside.destroy())
    outside.on('error', () => inside.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => server.close())
  return (server.address() as AddressInfo).port
}
const rule = (host: string, more: Partial<NetworkRule> = {}): NetworkRule => ({
  effect: 'allow',
  host,
  port: null,
  tls: 'tunnel',
  target: host,
  origin: 'flag',
  private: true,
  ...more,
})
const portOf = (server: Server) => (server.address() as AddressInfo).port

/** curl by the proxy of a task with these rules. */
const bench = async (rules: readonly NetworkRule[], authority?: string, company: Partial<CompanyNetwork> = {}) => {
  const port = client({}, authority === undefined ? {} : { SSL_CERT_FILE: authority })
  const task = { ...taskOf('http://127.0.0.1:1/v1', 't-1', {}, company), network: { rules } }
  await port.open(task)
  const proxy = `http://127.0.0.1:${await forwarder(task.socket)}`
  const curl = (...args: string[]) =>
    run('curl', ['-sS', '-m', '10', '--proxy', proxy, '--cacert', join(root, 't-1/ca.pem'), ...args]).catch(
      (error: { stdout: string; stderr: string }) => ({ stdout: error.stdout, stderr: error.stderr }),
    )
  return { port, task, curl, proxy }
}

test('a plain request in absolute form', async () => {
  const { server } = await serve((request, response) =>
    response.end(`${request.method} ${request.url} ${request.headers.host}`),
  )
  const at = portOf(server)
  const { curl, port } = await bench([rule('localhost', { port: at })])
  expect((await curl(`http://localhost:${at}/a?b=c`)).stdout).toBe(`GET /a?b=c localhost:${at}`)
  const lines = await until(port, 't-1', (line) => line.kind === 'net')
  expect(lines.at(-1)).toMatchObject({
    host: 'localhost',
    port: at,
    method: 'GET',
    path: '/a',
    verdict: 'allowed',
    status: 200,
  })
})

/** An HTTPS server on the loopback; its certificate is its own authority. */
const secure = async () => {
  const { cert, key, file } = certificate(root, 'server', ['DNS:localhost'])
  const server = createHttps({ cert, key }, (request, response) => {
    let size = 0
    request.on('data', (piece: Buffer) => {
      size += piece.length
    })
    request.on('end', () => response.end(`${request.method} ${request.url} ${size}`))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => server.close())
  return { at: portOf(server), file }
}

test('a tunnel with TLS that is not opened', async () => {
  const { at } = await secure()
  const { curl, port } = await bench([rule('localhost', { port: at })])
  expect(await curl('-k', `https://localhost:${at}/x`)).toMatchObject({ stdout: 'GET /x 0' })
  const [line] = (await until(port, 't-1', (line) => line.kind === 'net')).slice(-1)
  expect(line).toMatchObject({ host: 'localhost', port: at, method: 'CONNECT', verdict: 'allowed' })
  expect(line?.path).toBeUndefined()
  expect(line?.bytesIn).toBeGreaterThan(500)
})

test('TLS that is inspected: the rule says which methods and paths', async () => {
  const { at, file } = await secure()
  const { curl } = await bench(
    [rule('localhost', { port: at, tls: 'inspect', methods: ['GET'], paths: ['/a/*'] })],
    file,
  )
  expect(await curl(`https://localhost:${at}/a/x`, `https://localhost:${at}/a/y`)).toMatchObject({
    stdout: 'GET /a/x 0GET /a/y 0',
    stderr: '',
  })
  expect((await curl('-w', ' %{http_code}', `https://localhost:${at}/b`)).stdout).toMatch(/egress_denied.* 403$/s)
  expect((await curl('-w', ' %{http_code}', '-d', 'x', `https://localhost:${at}/a/x`)).stdout).toMatch(
    /berth allow t-1 .* 403$/s,
  )
  const lines = logText()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as GatewayLine)
  expect(lines.map(({ method, path, verdict, status }) => [method, path, verdict, status])).toEqual([
    ['GET', '/a/x', 'allowed', 200],
    ['GET', '/a/y', 'allowed', 200],
    ['GET', '/b', 'denied', 403],
    ['POST', '/a/x', 'denied', 403],
  ])
})

test('a host without a rule: denied at once, with the words to allow it', async () => {
  const { curl, port } = await bench([rule('localhost', { port: 1 })])
  const denied = await curl('-v', 'https://registry.npmjs.org/express')
  expect(denied.stderr).toContain('403 Denied by Berth: berth allow t-1 npm')
  const plain = await curl('-w', ' %{http_code}', 'http://example.org/')
  expect(plain.stdout).toMatch(
    /"message":"Berth: no rule of this task allows example.org:80\..*berth allow t-1 example.org.* 403$/s,
  )
  const lines = await until(port, 't-1', ({ host }) => host === 'example.org')
  expect(lines).toMatchObject([
    { kind: 'net', host: 'registry.npmjs.org', port: 443, verdict: 'denied', rule: null, allow: 'npm', status: 403 },
    { kind: 'net', host: 'example.org', port: 80, verdict: 'denied', rule: null, allow: 'example.org', status: 403 },
  ])
})

/** What a raw client gets back for these bytes. */
const raw = async (socket: string, ...pieces: readonly (string | Buffer)[]): Promise<string> => {
  const client = connect({ path: socket, allowHalfOpen: true })
  client.on('error', () => {})
  let text = ''
  client.on('data', (piece) => {
    text += piece.toString('latin1')
  })
  const over = new Promise<void>((resolve) => {
    client.once('close', () => resolve())
    client.once('end', () => resolve())
  })
  for (const piece of pieces) {
    client.write(piece)
    await sleep(100)
  }
  // What is not ended by the gateway has said all by then.
  await Promise.race([over, sleep(500)])
  client.destroy()
  return text
}

test('CONNECT, the server name of TLS and Host must agree', async () => {
  const { at } = await secure()
  const { task, curl, proxy } = await bench([rule('localhost', { port: at }), rule('127.0.0.1', { port: at })])
  const hello = async (name: string) => {
    const { promise, resolve } = Promise.withResolvers<Buffer>()
    const server = createServer((socket) => socket.once('data', resolve).on('error', () => {}))
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const tls = connectTls({ socket: connect(portOf(server), '127.0.0.1'), servername: name }).on('error', () => {})
    const bytes = await promise
    tls.destroy()
    server.close()
    return bytes
  }
  const to = (host: string, more = '') => `CONNECT ${host}:${at} HTTP/1.1\r\nHost: ${host}:${at}\r\n${more}\r\n`
  const right = await raw(task.socket, to('localhost'), await hello('localhost'))
  expect(right.length).toBeGreaterThan(500)
  const other = await raw(task.socket, to('localhost'), await hello('elsewhere.example'))
  expect(other).toBe(`HTTP/1.1 200 Connection established\r\n\r\n\x15\x03\x01\x00\x02\x02p`)
  const odd = await raw(task.socket, to('localhost'), 'SSH-2.0-x\r\n')
  expect(odd).toBe('HTTP/1.1 200 Connection established\r\n\r\n')
  const foreign = await raw(task.socket, `CONNECT localhost:${at} HTTP/1.1\r\nHost: example.org:443\r\n\r\n`)
  expect(foreign).toMatch(/^HTTP\/1.1 400 /)
  const body = await raw(task.socket, to('localhost', 'Content-Length: 5\r\n'))
  expect(body).toMatch(/^HTTP\/1.1 400 /)
  const inner = `GET / HTTP/1.1\r\nHost: example.org\r\n\r\n`
  expect(await raw(task.socket, to('localhost'), inner)).toMatch(/established\r\n\r\nHTTP\/1.1 400 /)
  expect(await raw(task.socket, `GET http://localhost:${at}/ HTTP/1.1\r\nHost: example.org\r\n\r\n`)).toMatch(
    /^HTTP\/1.1 400 /,
  )
  expect(
    (await curl('-H', 'Host: example.org', '-w', ' %{http_code}', `${proxy.replace(/:\d+$/, `:${at}`)}/`)).stdout,
  ).toMatch(/ 400$/)
})

test('a private address needs a rule that says so; metadata and link-local addresses have none', async () => {
  const { server } = await serve((_, response) => response.end('inside'))
  const at = portOf(server)
  const isPublic = { private: undefined } as unknown as Partial<NetworkRule>
  const { curl } = await bench([rule('localhost', { port: at, ...isPublic }), rule('169.254.169.254', { port: 80 })])
  const status = async (url: string) => (await curl('-w', ' %{http_code}', url)).stdout
  expect(await status(`http://localhost:${at}/`)).toMatch(
    /loopback address.*only a rule with the word private.*berth allow t-1 'localhost:\d+ private'.* 403$/s,
  )
  for (const host of ['2130706433', '0x7f.1', '[::ffff:127.0.0.1]', '127.1', '[::1]', '0'])
    expect(await status(`http://${host}:${at}/`), host).toMatch(/ (403|400)$/)
  expect(await status('http://169.254.169.254/latest/meta-data/')).toMatch(/no task may reach.* 403$/s)
})

test('a WebSocket, plain and in a tunnel; a rule on methods lets none pass', async () => {
  const echo = createHttp()
  echo.on('upgrade', (request, socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello ${request.headers.host} `,
    )
    socket.pipe(socket)
  })
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => echo.close())
  const at = portOf(echo)
  const ask = (target: string) =>
    `GET ${target} HTTP/1.1\r\nHost: localhost:${at}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n`
  const { task, port } = await bench([rule('localhost', { port: at })])
  expect(await raw(task.socket, ask(`http://localhost:${at}/live`), 'ping')).toMatch(
    /^HTTP\/1.1 101 .*hello localhost:\d+ ping$/s,
  )
  const tunnel = `CONNECT localhost:${at} HTTP/1.1\r\nHost: localhost:${at}\r\n\r\n`
  expect(await raw(task.socket, tunnel, ask('/live'), 'ping')).toMatch(
    /established.*HTTP\/1.1 101 .*hello localhost:\d+ ping$/s,
  )
  await port.open({ ...task, network: { rules: [rule('localhost', { port: at, methods: ['GET'] })] } })
  expect(await raw(task.socket, ask(`http://localhost:${at}/live`))).toMatch(/^HTTP\/1.1 403 .*names methods/s)
})

test('a rule that is taken away ends what is open, and the next try is denied', async () => {
  const { server } = await serve((_, response) => response.write('begun'))
  const at = portOf(server)
  const { task, port } = await bench([rule('localhost', { port: at })])
  const tunnel = `CONNECT localhost:${at} HTTP/1.1\r\nHost: localhost:${at}\r\n\r\n`
  const request = (target: string) => `GET ${target} HTTP/1.1\r\nHost: localhost:${at}\r\n\r\n`
  const open = [request(`http://localhost:${at}/`), `${tunnel}${request('/')}`].map((bytes) => {
    const client = connect({ path: task.socket })
    client.on('error', () => {}).write(bytes)
    const begun = new Promise<void>((resolve) => client.on('data', (piece) => piece.includes('begun') && resolve()))
    return { begun, closed: new Promise<void>((resolve) => client.once('close', () => resolve())) }
  })
  await Promise.all(open.map(({ begun }) => begun))
  await port.open({ ...task, network: { rules: [] } })
  await Promise.all(open.map(({ closed }) => closed))
  expect(await raw(task.socket, request(`http://localhost:${at}/`))).toMatch(/^HTTP\/1.1 403 /)
})

test('what a tunnel carries is whole, both ways, also where one side has ended', async () => {
  const { at } = await secure()
  const { curl } = await bench([rule('localhost', { port: at })])
  const file = join(root, 'big')
  writeFileSync(file, Buffer.alloc(20_000_000, 7))
  expect((await curl('-k', '-T', file, `https://localhost:${at}/up`)).stdout).toBe('PUT /up 20000000')
})

test('the file of further authorities is not read again for each connection', async () => {
  const { at, file } = await secure()
  const { curl } = await bench([rule('localhost', { port: at, tls: 'inspect' })], undefined, { caFile: file })
  expect(await curl(`https://localhost:${at}/1`)).toMatchObject({ stdout: 'GET /1 0', stderr: '' })
  rmSync(file)
  expect(await curl(`https://localhost:${at}/2`)).toMatchObject({ stdout: 'GET /2 0', stderr: '' })
})

test('two tasks: each has its rules, its authority and its log', async () => {
  const { server } = await serve((_, response) => response.end('here'))
  const at = portOf(server)
  const { task, port } = await bench([rule('localhost', { port: at })])
  const other = { ...taskOf('http://127.0.0.1:1/v1', 't-2'), network: { rules: [] } }
  await port.open(other)
  const request = `GET http://localhost:${at}/ HTTP/1.1\r\nHost: localhost:${at}\r\nConnection: close\r\n\r\n`
  expect(await raw(other.socket, request)).toMatch(/^HTTP\/1.1 403 .*berth allow t-2/s)
  expect(await raw(task.socket, request)).toMatch(/^HTTP\/1.1 200 .*here/s)
})

import { execFile } from 'node:child_process'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
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
const bench = async (rules: readonly NetworkRule[], authority?: string) => {
  const port = client({}, authority === undefined ? {} : { SSL_CERT_FILE: authority })
  const task = { ...taskOf('http://127.0.0.1:1/v1'), network: { rules } }
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

import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { Agent as SecureAgent, request as securely } from 'node:https'
import type { Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { expect, test } from 'vitest'
import type { GatewayTask } from '../../src/egress/egress.ts'
import { connectProxy } from '../fixtures/connect-proxy.ts'
import { leafCertificate } from '../fixtures/issuers/leaf-certificate.ts'
import { startIssuers } from '../fixtures/issuers/start-issuers.ts'
import { cleanups, client, logText, PLACEHOLDER, root, taskOf, until, useGateways } from './gateway-harness.ts'

useGateways()

const HOST = 'chatgpt.com'
const CHECK = '/backend-api/wham/accounts/check'

/** A task whose CLI knows no other address for its model than the real one. */
const bench = async (network: GatewayTask['network'] = null) => {
  const { file, cert, key } = leafCertificate(root)
  const model = { scenario: { main: 'all', after: { text: 'fine' } } } as const
  const issuers = await startIssuers({ tls: { cert, key }, model })
  const proxy = await connectProxy({ places: { [`${HOST}:443`]: issuers.tlsPort } })
  cleanups.push(
    () => issuers.close(),
    () => proxy[Symbol.asyncDispose](),
  )
  const grant = issuers.tokens('openai').signIn(issuers.account('openai'))
  const port = client()
  const login = {
    key: grant.access,
    headers: { 'chatgpt-account-id': grant.account },
    login: { name: 'codex/work', version: '1' },
    intercept: { paths: [CHECK] },
  }
  const company = { caFile: file, proxies: { http: null, https: proxy.url, direct: [] } }
  const task = { ...taskOf(`https://${HOST}/backend-api/codex`, 't-1', login, company), network }
  await port.open(task)
  return { issuers, port, task, grant, asked: proxy.asked }
}

/** The answer to CONNECT: its status, and the connection. */
const tunnel = (socketPath: string, target: string): Promise<{ readonly status: number; readonly socket: Socket }> =>
  new Promise((resolve, reject) => {
    request({ socketPath, method: 'CONNECT', path: target, headers: { host: target } })
      .once('error', reject)
      .once('connect', ({ statusCode = 0 }, socket) => resolve({ status: statusCode, socket: socket as Socket }))
      .end()
  })

const trusted = (task: GatewayTask) => readFileSync(join(dirname(task.socket), 'ca.pem'))

const secure = (socket: Socket, more: ConnectionOptions): Promise<string> =>
  new Promise((resolve) => {
    const tls = connectTls({ socket, ...more })
    tls.once('secureConnect', () => resolve('connected')).once('error', (error) => resolve(error.message))
    tls.once('close', () => resolve('closed'))
    cleanups.push(() => tls.destroy())
  })

type Sent = { readonly method?: string; readonly headers?: Record<string, string> }
const ask = async (task: GatewayTask, path: string, { method = 'POST', headers = {} }: Sent = {}) => {
  const { socket } = await tunnel(task.socket, `${HOST}:443`)
  const tls = connectTls({ socket, servername: HOST, ca: trusted(task) })
  const agent = new SecureAgent()
  Object.assign(agent, { createConnection: () => tls })
  return new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
    const sent = { host: HOST, agent, path, method, headers: { authorization: `Bearer ${PLACEHOLDER}`, ...headers } }
    securely(sent, async (answer) => {
      let text = ''
      for await (const piece of answer.setEncoding('utf8')) text += piece as string
      tls.destroy()
      resolve({ status: answer.statusCode ?? 0, text })
    })
      .on('upgrade', reject)
      .once('error', reject)
      .end(method === 'POST' ? JSON.stringify({ model: 'm', input: [] }) : undefined)
  })
}
const RESPONSES = '/backend-api/codex/responses'

test("a tunnel to the model's own host ends at the gateway, and its requests go the model's way", async () => {
  const { issuers, port, task, grant, asked } = await bench()
  const answer = await ask(task, RESPONSES, { headers: { 'ChatGPT-Account-ID': 'forged' } })
  expect(answer).toMatchObject({ status: 200, text: expect.stringContaining('fine') })
  expect(issuers.requests[0]).toMatchObject({
    isSecured: true,
    host: HOST,
    headers: { authorization: `Bearer ${grant.access}`, 'chatgpt-account-id': grant.account },
  })
  const [line] = await until(port, 't-1', ({ kind }) => kind === 'request')
  expect(line).toMatchObject({ host: HOST, port: 443, path: RESPONSES, status: 200 })
  expect(asked).toEqual([`${HOST}:443`])
  expect(logText()).not.toContain(grant.access)
})

test('a token that expires is renewed there too', async () => {
  const { issuers, port, task, grant } = await bench()
  issuers.tokens('openai').expire()
  port.onWanted(({ version }) => {
    const next = issuers.tokens('openai').refresh(grant.refresh ?? '')
    if (typeof next === 'string') throw new Error(next)
    void port.setKey('t-1', {
      key: next.access,
      headers: { 'chatgpt-account-id': next.account },
      version: `${version}+`,
    })
  })
  expect((await ask(task, RESPONSES)).status).toBe(200)
  expect(issuers.count('openai-model')).toBe(2)
})

test.each([
  ['POST', '/oauth/token', 404],
  ['GET', '/backend-api/wham/usage', 404],
  ['POST', CHECK, 404],
  ['GET', `${CHECK}/..`, 404],
  ['GET', CHECK, 200],
  ['GET', '/backend-api/codex/models', 200],
  ['GET', '/backend-api/codex/../wham/usage', 404],
])('%s %s: %i', async (method, path, status) => {
  const { issuers, task } = await bench()
  expect((await ask(task, path, { method })).status).toBe(status)
  expect(issuers.requests).toHaveLength(status === 200 ? 1 : 0)
})

test('a request in it needs the placeholder', async () => {
  const { issuers, task } = await bench()
  expect((await ask(task, RESPONSES, { headers: { authorization: 'Bearer mine' } })).status).toBe(403)
  expect(issuers.requests).toEqual([])
})

test('a WebSocket is told to take HTTP', async () => {
  const { task } = await bench()
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-key': 'x',
    'sec-websocket-version': '13',
  }
  expect((await ask(task, RESPONSES, { method: 'GET', headers })).status).toBe(426)
})

test('TLS for another host, or none, ends the tunnel', async () => {
  const { issuers, port, task } = await bench()
  const first = await tunnel(task.socket, `${HOST}:443`)
  const outcome = await secure(first.socket, { servername: 'example.org', ca: trusted(task) })
  expect(outcome).not.toBe('connected')
  const second = await tunnel(task.socket, `${HOST}:443`)
  second.socket.on('error', () => {}).write('GET / HTTP/1.1\r\nHost: chatgpt.com\r\n\r\n')
  await new Promise((resolve) => second.socket.resume().once('close', resolve))
  const lines = await until(port, 't-1', ({ n }) => n === 2)
  expect(lines.map(({ kind, verdict, message }) => [kind, verdict, message])).toEqual(
    Array(2).fill(['net', 'denied', 'no TLS for the host of the model']),
  )
  expect(issuers.requests).toEqual([])
})

test.each(['example.org:443', `${HOST}:8443`])('CONNECT %s is not the model, and denied', async (target) => {
  const without = await bench()
  expect((await tunnel(without.task.socket, target)).status).toBe(403)
})

test('beside rules of a network, which say nothing of the model', async () => {
  const { task } = await bench({ rules: [] })
  expect((await ask(task, RESPONSES)).status).toBe(200)
  expect((await tunnel(task.socket, 'example.org:443')).status).toBe(403)
})

test('without its word, a tunnel to the host of the model is denied', async () => {
  const { port, task } = await bench()
  const { intercept: _, ...model } = task.model!
  await port.open({ ...task, model })
  expect((await tunnel(task.socket, `${HOST}:443`)).status).toBe(403)
})

import { existsSync, readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls, createServer as createTls } from 'node:tls'
import { expect, test } from 'vitest'
import type { LiveRule } from '../../src/domain/network/live-rules.ts'
import { withLiveRules } from '../../src/domain/network/live-rules.ts'
import { certificate } from '../fixtures/certificate.ts'
import {
  cleanups,
  client,
  KEY,
  logText,
  model,
  root,
  send,
  serve,
  taskOf,
  until,
  useGateways,
} from './gateway-harness.ts'

useGateways()

const live = (...words: readonly LiveRule[]) => ({ rules: withLiveRules([], words) })
const allow = (target: string): LiveRule => ({ target, effect: 'allow' })
const deny = (target: string): LiveRule => ({ target, effect: 'deny' })

const placeOf = (url: string): string => new URL(url).host

/** The status of a request by the proxy. */
const statusOf = async (socket: string, url: string): Promise<number | undefined> =>
  (await send({ socket, path: url, method: 'GET', headers: { host: placeOf(url) }, body: '' })).status

/** A connection by CONNECT to a server that says nothing. */
const openTunnel = async (
  socket: string,
  place: string,
  words = `GET / HTTP/1.1\r\nHost: ${place}\r\n\r\n`,
): Promise<Socket> => {
  const tunnel = connect(socket)
  tunnel.write(`CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n\r\n`)
  await new Promise((resolve) => tunnel.once('data', resolve))
  // A request whose answer does not come.
  if (words !== '') tunnel.write(words)
  return tunnel
}

test('rules that come and go reach the gateway alone: the model goes on, open streams end', async () => {
  const upstream = await model({ scenario: { key: KEY } })
  const { url } = await serve((_, response) => response.end('here'))
  const silent = createServer(() => {})
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => silent.close())
  const port = client()
  const task = { ...taskOf(`${upstream.url}/v1`), network: { rules: [] } }
  await port.open(task)
  expect(await statusOf(task.socket, url)).toBe(403)
  const target = `${placeOf(url)} private`
  await port.setNetwork('t-1', live(allow(target)))
  expect(await statusOf(task.socket, url)).toBe(200)
  const mute = placeOf(`http://127.0.0.1:${(silent.address() as { port: number }).port}`)
  await port.setNetwork('t-1', live(allow(target), allow(`${mute} private`)))
  const tunnel = await openTunnel(task.socket, mute)
  const over = new Promise((resolve) => tunnel.once('close', resolve))
  expect(tunnel.destroyed).toBe(false)
  await port.setNetwork('t-1', live(allow(target), allow(`${mute} private`), deny(mute)))
  await over
  expect(await statusOf(task.socket, url)).toBe(200)
  expect((await send({ socket: task.socket })).status).toBe(200)
})

test('a deny of some requests must end a connection that is passed on unread; an allow must not', async () => {
  const { cert, key } = certificate(root, 'server', ['DNS:localhost'])
  const tls = createTls({ cert, key }, (socket) => socket.on('error', () => {}))
  await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => tls.close())
  const place = `localhost:${(tls.address() as { port: number }).port}`
  const port = client()
  const task = { ...taskOf('http://127.0.0.1:1/v1'), network: live(allow(`${place} private`)) }
  await port.open(task)
  const tunnel = await openTunnel(task.socket, place, '')
  const secure = connectTls({ socket: tunnel, servername: 'localhost', rejectUnauthorized: false })
  await new Promise((resolve) => secure.once('secureConnect', resolve))
  const over = new Promise((resolve) => secure.once('close', resolve))
  secure.on('error', () => {})
  await port.setNetwork('t-1', live(allow(`${place} private`), allow(`${place} private GET /x`)))
  expect(secure.destroyed).toBe(false)
  await port.setNetwork('t-1', live(allow(`${place} private`), deny(`${place} POST`)))
  await over
  const [line] = await until(port, 't-1', ({ kind }) => kind === 'net')
  expect(line).toMatchObject({ method: 'CONNECT', verdict: 'allowed', message: 'no rule allows it any more' })
})

test('a gateway that was replaced, and a supervisor that was, keep the rules and the key', async () => {
  const upstream = await model({ scenario: { key: KEY } })
  const { url } = await serve((_, response) => response.end('here'))
  const target = `${placeOf(url)} private`
  const first = client()
  const task = { ...taskOf(`${upstream.url}/v1`), network: { rules: [] } }
  await first.open(task)
  await first.setNetwork('t-1', live(allow(target)))
  const { pid } = (await first.status())!
  process.kill(pid, 'SIGKILL')
  while (existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) await sleep(5)
  await expect.poll(() => statusOf(task.socket, url).catch(() => 0)).toBe(200)
  // Another supervisor, which does not have the key.
  await first[Symbol.asyncDispose]()
  const second = client()
  await second.setNetwork('t-1', live(deny(placeOf(url))))
  expect(await statusOf(task.socket, url)).toBe(403)
  expect((await send({ socket: task.socket })).status).toBe(200)
  // Of a task that is not open it changes nothing.
  await second.setNetwork('t-2', live(allow(target)))
  expect(await second.held()).toEqual(['t-1'])
})

test('the log of the model and of the network: what was asked, by which rule, and each denial that is only counted', async () => {
  const upstream = await model({ scenario: { key: KEY } })
  const port = client()
  const task = { ...taskOf(`${upstream.url}/v1`), network: { rules: [] } }
  await port.open(task)
  await send({ socket: task.socket })
  await send({ socket: task.socket, path: '/elsewhere' })
  for (let i = 0; i < 7; i += 1) await statusOf(task.socket, 'http://a.example/')
  expect(logText()).not.toContain('more of this kind')
  await port.flush('t-1')
  await port.flush('t-2')
  const lines = await until(port, 't-1', ({ count }) => count !== undefined)
  const { hostname, port: number } = new URL(upstream.url)
  expect(lines[0]).toMatchObject({
    ...{ host: hostname, port: Number(number), rule: `${upstream.url}/v1`, verdict: 'allowed', method: 'POST' },
  })
  expect(lines[1]).toMatchObject({ host: hostname, rule: null, verdict: 'denied', path: '/elsewhere', status: 403 })
  expect(lines.at(-1)).toMatchObject({ host: 'a.example', port: 80, verdict: 'denied', count: 2, allow: 'a.example' })
  expect(existsSync(join(root, 'state/gateway'))).toBe(true)
})

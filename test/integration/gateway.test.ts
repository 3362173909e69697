import { readFileSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

import {
  certificate,
  client,
  KEY,
  logText,
  model,
  open,
  PLACEHOLDER,
  root,
  type Sent,
  send,
  serve,
  taskOf,
  until,
  useGateways,
  verdict,
} from './gateway-harness.ts'

useGateways()

describe('the way to the model', () => {
  test('swaps the placeholder for the key, which is nowhere else', async () => {
    const upstream = await model({ scenario: { key: KEY, steps: [{ text: 'hello' }] } })
    const port = client()
    const task = taskOf(`${upstream.url}/v1`)
    await port.open(task)
    const { status, text } = await send({
      socket: task.socket,
      headers: { authorization: `Bearer ${PLACEHOLDER}`, connection: 'x-hop', 'x-hop': '1', 'x-kept': '2' },
    })
    expect(status).toBe(200)
    expect(text).toContain('hello')
    const { headers, path } = upstream.requests[0]!
    expect(path).toBe('/v1/responses')
    expect(headers.authorization).toBe(`Bearer ${KEY}`)
    expect(headers.host).toBe(upstream.url.slice('http://'.length))
    expect(headers['x-kept']).toBe('2')
    expect(headers['x-hop']).toBeUndefined()
    expect(statSync(task.socket).mode & 0o777).toBe(0o666)
    expect(statSync(join(root, 'run/gateway.sock')).mode & 0o777).toBe(0o600)
    const { pid } = (await port.status())!
    expect(
      readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8') + logText(),
    ).not.toContain(KEY)
  })

  test('refuses what does not carry the placeholder, and what is no request for the model', async () => {
    const upstream = await model()
    const port = client()
    const task = taskOf(`${upstream.url}/v1`)
    await port.open(task)
    const refused = async (sent: Omit<Sent, 'socket'>) => {
      const { status, text } = await send({ socket: task.socket, ...sent })
      expect(status).toBe(403)
      return text
    }
    expect(await refused({ headers: { authorization: 'Bearer sk-own' } })).toContain('placeholder')
    expect(await refused({ headers: {} })).toContain('placeholder')
    expect(await refused({ path: '/other' })).toContain('not below /v1')
    expect(await refused({ path: '/v1/../admin' })).toContain('not below /v1')
    expect(await refused({ path: '/v1/%2e%2e/admin' })).toContain('not below /v1')
    expect(await refused({ path: 'http://elsewhere/v1/responses' })).toContain('proxy requests')
    const raw = (text: string) =>
      new Promise<string>((resolve) => {
        let got = ''
        connect(task.socket, function (this: import('node:net').Socket) {
          this.write(text)
        })
          .on('data', (piece) => {
            got += piece
          })
          .on('close', () => resolve(got))
      })
    expect(await raw('CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n')).toMatch(
      /^HTTP\/1.1 403 [\s\S]*CONNECT example.com:443 is not allowed/,
    )
    expect(
      await raw('GET /v1/responses HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
    ).toMatch(/^HTTP\/1.1 426 /)
    expect(upstream.requests).toEqual([])
  })

  test('an upstream without a path, and one without a key', async () => {
    const upstream = await model()
    const port = client()
    const bare = taskOf(upstream.url, 't-bare', { key: null })
    await port.open(bare)
    expect((await send({ socket: bare.socket, path: '/responses' })).status).toBe(200)
    expect((await send({ socket: bare.socket, path: '/v1/responses?x=1' })).status).toBe(200)
    expect(upstream.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/responses', undefined],
      ['/v1/responses?x=1', undefined],
    ])
  })

  test('streams: each piece arrives before the next is sent', async () => {
    let next = () => {}
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      let n = 0
      next = () => {
        n += 1
        response.write(`data: ${n}\n\n`)
        if (n === 5) response.end()
      }
    })
    const port = client()
    const task = taskOf(url)
    await port.open(task)
    const response = await open({ socket: task.socket, path: '/x' })
    const seen: string[] = []
    next()
    for await (const piece of response.setEncoding('utf8')) {
      seen.push(piece)
      next()
    }
    expect(seen).toEqual([1, 2, 3, 4, 5].map((n) => `data: ${n}\n\n`))
  })
})

describe('TLS upstream', () => {
  test('verified against a named authority, and refused without it', async () => {
    const own = certificate('own')
    const upstream = await model({ tls: own, scenario: { key: KEY } })
    const port = client()
    const good = taskOf(`${upstream.url}/v1`, 't-good', {}, { caFile: own.file })
    const bad = taskOf(`${upstream.url}/v1`, 't-bad', {}, { caFile: certificate('other').file })
    const none = taskOf(`${upstream.url}/v1`, 't-none')
    await Promise.all([good, bad, none].map((task) => port.open(task)))
    expect((await send({ socket: good.socket })).status).toBe(200)
    for (const { socket, task } of [bad, none]) {
      const statuses = []
      for (let i = 0; i < 3; i += 1) statuses.push((await send({ socket })).status)
      expect(statuses).toEqual([502, 502, 502])
      const line = await verdict(port, task)
      expect(line).toMatchObject({ class: 'unreachable', fatal: true })
      expect(line.message).toMatch(/self-signed certificate/)
    }
    expect(upstream.requests).toHaveLength(1)
  })
})

describe('broken connections', () => {
  test('a client that goes away ends the request upstream', async () => {
    const gone = Promise.withResolvers<void>()
    const { url } = await serve((_, response) => {
      response.writeHead(200).flushHeaders()
      response.once('close', gone.resolve)
    })
    const port = client()
    const task = taskOf(url)
    await port.open(task)
    const response = await open({ socket: task.socket, path: '/x' })
    response.destroy()
    await gone.promise
    const lines = await until(port, 't-1', () => true)
    expect(lines[0]).toMatchObject({ kind: 'request', status: 200, message: 'the client went away' })
  })

  test('an upstream that drops resets the client, before the head and in mid stream', async () => {
    const upstream = await model({
      scenario: { main: 'all', steps: [{ drop: 'head' }, { drop: 'body', text: 'half' }] },
    })
    const port = client()
    const task = taskOf(`${upstream.url}/v1`)
    await port.open(task)
    await expect(send({ socket: task.socket })).rejects.toThrow('socket hang up')
    await expect(send({ socket: task.socket })).rejects.toThrow('aborted')
    const lines = await until(port, 't-1', ({ n }) => n === 2)
    expect(lines.map(({ status }) => status)).toEqual([null, 200])
    expect(lines[1]?.message).toBe('the server of the model ended the connection in the middle of its answer')
  })

  test('an error body without an end is passed on as it comes', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(503, { 'content-type': 'text/plain' }).write('first')
      setTimeout(() => response.end(' second'), 400)
    })
    const port = client({ errorBodyMs: 100 })
    const task = taskOf(url)
    await port.open(task)
    expect(await send({ socket: task.socket, path: '/x' })).toMatchObject({ status: 503, text: 'first second' })
  })

  test('a hundred streams side by side', async () => {
    const upstream = await model({
      scenario: { main: 'all', key: KEY, after: { text: 'x'.repeat(5000), chunks: 50, chunk_delay: 5 } },
    })
    const port = client()
    const task = taskOf(`${upstream.url}/v1`)
    await port.open(task)
    const answers = await Promise.all(Array.from({ length: 100 }, () => send({ socket: task.socket })))
    expect(answers.every(({ status, text }) => status === 200 && text.includes('response.completed'))).toBe(true)
    const lines = await until(port, 't-1', ({ n }) => n === 100)
    expect(lines.map(({ n }) => n)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
  })
})

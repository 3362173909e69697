import { readdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/egress/limits.ts'

import {
  blackHole,
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
  verdict,
} from './gateway-harness.ts'

useGateways()

describe('what the answers mean', () => {
  const cases = [
    {
      step: { status: 401, error: { message: `Incorrect API key: ${KEY}` } },
      is: { class: 'auth', fatal: true, status: 401 },
      says: 'Incorrect API key: ***',
    },
    {
      step: { status: 403, error: { message: 'Country not supported' } },
      is: { class: 'auth', fatal: true, status: 403 },
      says: 'Country not supported',
    },
    {
      step: { status: 404, error: { message: 'no model gpt-9' } },
      is: { class: 'model', fatal: true, status: 404 },
      says: 'no model gpt-9',
    },
    {
      step: { status: 400, error: { message: 'nope', code: 'model_not_found' } },
      is: { class: 'model', fatal: true, status: 400 },
      says: 'nope',
    },
    {
      step: { status: 429, error: { message: 'slow down' }, headers: { 'retry-after': '7' } },
      is: { class: 'rate-limit', fatal: false, status: 429 },
      says: 'slow down (retry-after: 7)',
    },
  ] as const
  test.each(cases)('$step.status $step.error.message', async ({ step, is, says }) => {
    const upstream = await model({ scenario: { main: 'all', steps: [step] } })
    const port = client()
    const task = taskOf(`${upstream.url}/v1`)
    await port.open(task)
    const answer = await send({ socket: task.socket })
    // On record before the client has its answer.
    expect(logText()).toContain('"kind":"verdict"')
    const line = await verdict(port)
    expect(line).toMatchObject({ ...is, n: 1 })
    expect(line.message).toContain(says)
    expect(answer.status).toBe(step.status)
    expect(answer.headers['retry-after']).toBe('headers' in step ? '7' : undefined)
    expect(JSON.parse(answer.text).error.message).toBe(step.error.message.replace(KEY, '***'))
    expect(logText()).not.toContain(KEY)
  })

  test('a model that asks for ten minutes ends the turn, and the time is kept', async () => {
    const step = { status: 429, headers: { 'retry-after': '600' }, error: { message: 'slow down' } }
    const upstream = await model({ scenario: { main: 'all', after: step } })
    const port = client()
    const task = taskOf(`${upstream.url}/v1`)
    await port.open(task)
    const began = Date.now()
    await send({ socket: task.socket })
    const line = await verdict(port)
    expect(line).toMatchObject({ class: 'rate-limit', fatal: true, status: 429 })
    expect(Date.parse(line.retryAt ?? '') - began).toBeGreaterThanOrEqual(600_000)
  })

  test('400 of another kind and 500 are no verdict', async () => {
    const upstream = await model({
      scenario: {
        main: 'all',
        steps: [
          { status: 400, error: { message: 'bad' } },
          { status: 500, error: { message: 'down' } },
        ],
      },
    })
    const port = client()
    const task = taskOf(`${upstream.url}/v1`)
    await port.open(task)
    await send({ socket: task.socket })
    await send({ socket: task.socket })
    const lines = await until(port, 't-1', ({ status }) => status === 500)
    expect(lines.map(({ n, kind, status }) => [n, kind, status])).toEqual([
      [1, 'request', 400],
      [2, 'request', 500],
    ])
    expect(lines[1]?.message).toContain('500 Internal Server Error to POST /v1/responses: down')
  })

  test('so many failures in a row as the task has patience for; an answer between begins anew', async () => {
    const steps = [
      { status: 500, error: { message: 'down' } },
      { drop: 'head' as const },
      { text: 'fine' },
      { text: 'half of it', drop: 'body' as const },
      { drop: 'head' as const },
      { status: 529, error: { message: 'too busy' } },
    ]
    const upstream = await model({ scenario: { main: 'all', steps } })
    const port = client()
    const task = taskOf(`${upstream.url}/v1`, 't-1', { failures: 3 })
    await port.open(task)
    for (const _ of steps) await send({ socket: task.socket }).catch(() => {})
    const lines = await until(port, 't-1', ({ status, kind }) => status === 529 && kind === 'request')
    expect(lines.flatMap(({ kind, ...line }) => (kind === 'verdict' ? [line] : []))).toMatchObject([
      {
        class: 'unreachable',
        fatal: true,
        status: 529,
        message: expect.stringContaining('too busy; 3 tries in a row failed'),
      },
    ])
  })

  test('three refused connections; one that works between begins anew', async () => {
    const free = await serve((_, response) => response.end('ok'))
    const { port: number } = free.server.address() as AddressInfo
    const down = () =>
      new Promise<unknown>((resolve) => {
        free.server.close(resolve)
        free.server.closeAllConnections()
      })
    const port = client()
    const task = taskOf(free.url)
    await port.open(task)
    const status = async () => (await send({ socket: task.socket, path: '/x' })).status
    await down()
    expect([await status(), await status()]).toEqual([502, 502])
    await new Promise<void>((resolve) => free.server.listen(number, '127.0.0.1', resolve))
    expect(await status()).toBe(200)
    await down()
    expect([await status(), await status()]).toEqual([502, 502])
    expect(logText()).not.toContain('"kind":"verdict"')
    expect(await status()).toBe(502)
    const line = await verdict(port)
    expect(line).toMatchObject({ class: 'unreachable', fatal: true, status: null })
    expect(line.message).toBe(
      `the model at ${free.url} can't be reached: 3 tries in a row failed: connect ECONNREFUSED 127.0.0.1:${number}`,
    )
  })

  test('no connection within its time, by default ten seconds', async () => {
    expect(LIMITS.connectMs).toBe(10_000)
    const number = await blackHole()
    const port = client({ connectMs: 1000 })
    const task = taskOf(`http://127.0.0.1:${number}`)
    await port.open(task)
    const { status, text } = await send({ socket: task.socket })
    expect(status).toBe(502)
    expect(text).toContain('no connection in 1 s')
    expect(await verdict(port)).toMatchObject({ class: 'unreachable', fatal: true })
  })

  test('a server that accepts and stays silent is not given up', async () => {
    const { url } = await serve(() => {})
    const port = client({ connectMs: 200 })
    const task = taskOf(url)
    await port.open(task)
    const ended = await Promise.race([send({ socket: task.socket, path: '/x' }).catch(() => 'cut'), sleep(700, 'open')])
    expect(ended).toBe('open')
    expect(readdirSync(join(root, 'state/gateway'))).toEqual(['gateway.out'])
  })
})

import { readdirSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cleanups, client, model, root, send, serve, taskOf, until, useGateways } from './gateway-harness.ts'

useGateways()

const logs = () =>
  readdirSync(join(root, 'state/gateway')).flatMap((name) => {
    const { size } = statSync(join(root, 'state/gateway', name))
    return name.endsWith('.jsonl') ? [{ name, size }] : []
  })

/** So many connections that send one text again and again, whatever comes back; counts what was sent and answered. */
const flood = (socket: string, text: string, connections: number) => {
  const counted = { opened: 0, answers: 0 }
  let going = true
  const open = () => {
    if (!going) return
    counted.opened += 1
    const one = connect(socket, () => one.write(text))
    one.on('error', () => {})
    one.on('data', (piece) => {
      counted.answers += piece.toString('latin1').split('HTTP/1.1 ').length - 1
    })
    one.on('close', () => setImmediate(open))
    cleanups.push(() => one.destroy())
  }
  for (let i = 0; i < connections; i += 1) open()
  return {
    counted,
    stop: () => {
      going = false
    },
  }
}

describe('a task that floods the gateway', () => {
  test.each([
    ['refused paths', 'GET /admin HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['no HTTP at all', 'garbage\r\n\r\n'],
    ['no placeholder, pipelined', 'GET /v1/x HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100)],
    ['tunnels', 'CONNECT elsewhere:443 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['no Host', 'GET /v1/x HTTP/1.1\r\n\r\n'],
    ['an expectation that nobody knows', 'GET /v1/x HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n'.repeat(100)],
  ])('%s: few answers, few lines, and the other task has its own', async (_, text) => {
    const upstream = await model()
    const port = client()
    const [bad, good] = [taskOf(`${upstream.url}/v1`, 't-bad'), taskOf(`${upstream.url}/v1`, 't-good')]
    await Promise.all([port.open(bad), port.open(good)])
    const began = performance.now()
    const { counted, stop } = flood(bad.socket, text, 600)
    for (let i = 0; i < 30; i += 1) expect((await send({ socket: good.socket })).status).toBe(200)
    stop()
    // A burst, then ten in a second: whatever time this took.
    const seconds = (performance.now() - began) / 1000
    expect(counted.answers).toBeLessThanOrEqual(50 + 10 * seconds + 1)
    expect(counted.opened).toBeGreaterThanOrEqual(600)
    expect((await until(port, 't-good', ({ n }) => n > 0)).length).toBe(1)
    await port.close('t-bad')
    const [log] = logs().filter(({ name }) => name.includes('t-bad'))
    expect(log?.size).toBeLessThan(100 * 1024)
    const lines = await until(port, 't-bad', ({ count }) => count !== undefined)
    expect(lines.length).toBeLessThan(100)
    expect(lines.at(-1)?.count).toBeGreaterThan(0)
  })

  test('requests that pass are slowed, and every one is in the log: a line or a count, with its tokens', async () => {
    const told = JSON.stringify({ usage: { prompt_tokens: 5, completion_tokens: 1 } })
    const { url } = await serve((request, response) => {
      request.resume()
      response.writeHead(200, { 'content-type': 'application/json' }).end(told)
    })
    const port = client()
    const task = taskOf(url)
    await port.open(task)
    const before = performance.now()
    let sent = 0
    const lane = async () => {
      while (sent < 1400) {
        sent += 1
        await send({ socket: task.socket, path: '/x' })
      }
    }
    await Promise.all(Array.from({ length: 20 }, lane))
    const seconds = (performance.now() - before) / 1000
    expect(sent).toBeLessThanOrEqual(1000 + 200 * seconds + 20)
    await port.close('t-1')
    const lines = await until(port, 't-1', ({ count }) => count !== undefined)
    expect(lines.reduce((sum, { count = 1 }) => sum + count, 0)).toBe(sent)
    expect(lines.reduce((sum, { usage }) => sum + (usage?.inputTokens ?? 0), 0)).toBe(5 * sent)
  })

  test('a log goes with its task, and none comes back', async () => {
    const upstream = await model()
    const port = client()
    const tasks = ['t-1', 't-2'].map((id) => taskOf(`${upstream.url}/v1`, id))
    for (const task of tasks) {
      await port.open(task)
      await send({ socket: task.socket })
      await until(port, task.task, () => true)
    }
    expect(logs().length).toBe(2)
    const { stop } = flood(tasks[0]?.socket ?? '', 'GET /admin HTTP/1.1\r\nHost: x\r\n\r\n', 100)
    await until(port, 't-1', ({ status }) => status === 403)
    await port.forget('t-1')
    stop()
    expect((await send({ socket: tasks[1]?.socket ?? '' })).status).toBe(200)
    expect(logs().map(({ name }) => /t-\d/.exec(name)?.[0])).toEqual(['t-2'])
    port.keepLogs(() => false)
    expect(logs()).toEqual([])
  })
})

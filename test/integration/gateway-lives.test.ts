import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'

import { client, KEY, model, open, root, send, taskOf, until, useGateways } from './gateway-harness.ts'

useGateways()

describe('lives of the processes', () => {
  const kill = async (pid: number, signal: NodeJS.Signals) => {
    process.kill(pid, signal)
    while (existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) await sleep(5)
  }
  /** Sends until the socket answers, as the worker's forwarder does. */
  const sendHeld = async (socket: string) => {
    for (let i = 0; ; i += 1) {
      try {
        return (await send({ socket, path: '/v1/responses' })).status
      } catch (error) {
        if (i === 300) throw error
        await sleep(10)
      }
    }
  }

  test('a killed gateway comes back by itself, with all tasks on the same sockets', async () => {
    const upstream = await model({ scenario: { key: KEY } })
    const port = client()
    const tasks = ['t-1', 't-2'].map((id) => taskOf(`${upstream.url}/v1`, id))
    await Promise.all(tasks.map((task) => port.open(task)))
    expect((await send({ socket: tasks[0]!.socket })).status).toBe(200)
    const before = (await port.status())!
    await kill(before.pid, 'SIGKILL')
    expect(await Promise.all(tasks.map(({ socket }) => sendHeld(socket)))).toEqual([200, 200])
    const after = (await port.status())!
    expect(after.pid).not.toBe(before.pid)
    expect([...(await port.held())].sort()).toEqual(['t-1', 't-2'])
    // The lines of both gateways, in order.
    const [first] = await until(port, 't-1', () => true)
    const lines = await until(port, 't-1', ({ gateway }) => gateway !== first?.gateway)
    expect(lines.map(({ n, status }) => [n, status])).toEqual([
      [1, 200],
      [expect.any(Number), 200],
    ])
  })
  test('SIGTERM: open requests end, new ones find the successor', async () => {
    const upstream = await model({ scenario: { main: 'all', steps: [{ hang: 'body', text: 'slow' }] } })
    const port = client()
    const task = taskOf(`${upstream.url}/v1`)
    await port.open(task)
    const { pid } = (await port.status())!
    const slow = await open({ socket: task.socket })
    process.kill(pid, 'SIGTERM')
    expect(await sendHeld(task.socket)).toBe(200)
    expect((await port.status())?.pid).not.toBe(pid)
    await upstream.release()
    let text = ''
    for await (const piece of slow.setEncoding('utf8')) text += piece
    expect(text).toContain('response.completed')
    await kill(pid, 'SIGTERM')
  })

  test('another supervisor finds the gateway, its tasks, and the lines after its cursor', async () => {
    const upstream = await model()
    const first = client()
    const task = taskOf(`${upstream.url}/v1`)
    await first.open(task)
    const ask = () => send({ socket: task.socket })
    await ask()
    const seen = (await until(first, 't-1', () => true)).at(-1)!
    await first[Symbol.asyncDispose]()
    await ask()
    await ask()
    const second = client()
    expect(await second.held()).toEqual(['t-1'])
    const following = until(second, 't-1', ({ n }) => n === 5, { gateway: seen.gateway, line: seen.n })
    await ask()
    await second.open(task)
    await ask()
    expect((await following).map(({ n }) => n)).toEqual([2, 3, 4, 5])
    await second.close('t-1')
    expect(existsSync(task.socket)).toBe(false)
    expect(await second.held()).toEqual([])
  })

  test('two that start a gateway at once get one', async () => {
    const upstream = await model()
    const [one, two] = [client(), client()]
    await Promise.all([one.open(taskOf(upstream.url, 't-1')), two.open(taskOf(upstream.url, 't-2'))])
    expect((await one.status())?.pid).toBe((await two.status())?.pid)
    expect([...(await two.held())].sort()).toEqual(['t-1', 't-2'])
  })

  test('ends when retired, when idle, and when its folder is gone', async () => {
    const upstream = await model()
    const ended = async (pid: number) => {
      for (
        let i = 0;
        i < 300 && existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
        i += 1
      )
        await sleep(10)
      return !existsSync(`/proc/${pid}`) || /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    }
    const start = async () => {
      const port = client({ idleMs: 100 })
      await port.open(taskOf(upstream.url))
      return { port, pid: (await port.status())!.pid }
    }
    const retired = await start()
    await retired.port.retire()
    expect(await retired.port.held()).toEqual(['t-1'])
    await retired.port.close('t-1')
    await retired.port.retire()
    expect(await ended(retired.pid)).toBe(true)
    expect(await retired.port.status()).toBeNull()

    const idle = await start()
    await idle.port.close('t-1')
    await idle.port[Symbol.asyncDispose]()
    expect(await ended(idle.pid)).toBe(true)

    const orphan = await start()
    await orphan.port[Symbol.asyncDispose]()
    rmSync(join(root, 'state'), { recursive: true })
    expect(await ended(orphan.pid)).toBe(true)
  })

  test('what the gateway does not take is an error, and nothing is held', async () => {
    const port = client()
    const task = taskOf('https://127.0.0.1:1', 't-1', {}, { caFile: join(root, 'no-such-file') })
    await expect(port.open(task)).rejects.toThrow(/did not take the rules of t-1 .*no-such-file/)
    expect(await port.held()).toEqual([])
  })
})

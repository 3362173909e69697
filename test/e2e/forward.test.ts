import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect, createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { Event } from '../../src/index.ts'
import { anyEngine, rootfulEngines } from '../fixtures/engines.ts'
import { forwardBench } from '../fixtures/forward-bench.ts'
import { libraryIn } from '../fixtures/library.ts'
import { testBench } from '../fixtures/test-bench.ts'

const text = async (url: string) => await (await fetch(url)).text()
const portOf = (url = '') => Number(new URL(url).port)

/** How a connection to an address ends: its text, or the code of the error. */
const ending = async (url = '', word = 'GET / HTTP/1.0\r\n\r\n') => {
  const socket = connect({ port: portOf(url), host: '127.0.0.1', allowHalfOpen: true })
  socket.write(word)
  try {
    let all = ''
    for await (const bytes of socket) all += String(bytes)
    return all
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}

describe.each(rootfulEngines())('forward on $name', ({ flag }) => {
  const t = testBench('test')
  const f = forwardBench(() => t.b, flag)
  afterEach(f.close)

  test('a server in a sandbox without a network must be reached: pages, WebSockets, large bodies, many at once', async () => {
    const id = await f.startServing(t.remote.url, 3000)
    const record = await t.b.status(id)
    expect(record).toMatchObject({ policy: 'sandboxed', isolation: 'container' })
    const { urls, child, over } = await f.forward(id, '3000:0')
    const [url = ''] = urls
    expect(await text(`${url}/`)).toBe('from the sandbox')

    const body = randomBytes(20_000_000)
    const hash = createHash('sha256').update(body).digest('hex')
    expect(await (await fetch(`${url}/hash`, { method: 'POST', body })).text()).toBe(hash)
    const echoed = await (await fetch(`${url}/echo`, { method: 'POST', body })).arrayBuffer()
    expect(createHash('sha256').update(Buffer.from(echoed)).digest('hex')).toBe(hash)

    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket`)
    await once(socket, 'open')
    const heard = once(socket, 'message') as Promise<[MessageEvent]>
    socket.send('one')
    expect((await heard)[0].data).toBe('echo one')
    socket.close()

    const many = Array.from({ length: 200 }, () => ending(url))
    for (const answer of await Promise.all(many)) expect(answer).toContain('from the sandbox')

    child.kill('SIGINT')
    expect(await over).toMatchObject({ code: 0, stderr: '' })
    expect(await ending(url)).toBe('ECONNREFUSED')
  })
})

describe.each(anyEngine())('forward on $name', ({ flag }) => {
  const t = testBench('test')
  const f = forwardBench(() => t.b, flag)
  const library = libraryIn(() => t.b)
  afterEach(f.close)

  test('a port without a server must reset the connection, and be served once there is one', async () => {
    const id = await f.startTask(t.remote.url)
    const { urls, child, over } = await f.forward(id, '3000:0', '3001:0')
    expect(await Promise.all(urls.map((url) => ending(url)))).toEqual(['ECONNRESET', 'ECONNRESET'])
    await f.serve(id, 3001)
    expect(await ending(urls[0])).toBe('ECONNRESET')
    expect(await ending(urls[1])).toContain('from the sandbox')
    child.kill('SIGTERM')
    const { code, stderr } = await over
    expect(code).toBe(0)
    const said = stderr.split('\n').filter((line) => line.startsWith('berth:'))
    expect(said.toSorted()).toEqual(
      [3000, 3001].map((port) => `berth: ${id}: nothing listens on port ${port} in the sandbox`),
    )
  })

  test('a slow reader must stop the server, and keep no other connection from its answer', async () => {
    const id = await f.startTask(t.remote.url)
    await f.serve(id, 3000)
    const { urls } = await f.forward(id, '3000:0')
    const [url = ''] = urls
    const slow = Array.from({ length: 20 }, () => {
      const asked = request(`${url}/endless`, { agent: false }, (response) => response.pause()).on('error', () => {})
      asked.end()
      return asked
    })
    // The server has stopped where it has sent as much as before.
    const sent: number[] = []
    await expect
      .poll(async () => {
        sent.push(Number(await text(`${url}/sent`)))
        return sent.at(-1) !== 0 && sent.at(-1) === sent.at(-2)
      })
      .toBe(true)
    expect(sent.at(-1)).toBeLessThan(20 * 16 * 1024 * 1024)
    for (const one of slow) one.destroy()
    expect(await text(`${url}/`)).toBe('from the sandbox')
  })

  test('killed supervisors and gateways must not end it: further connections are made', async () => {
    const id = await f.startTask(t.remote.url)
    await f.serve(id, 3000)
    const { urls, child, over } = await f.forward(id, '3000:0')
    const [url = ''] = urls
    process.kill((await t.b.supervisor()) ?? 0, 'SIGKILL')
    expect(await ending(url)).toContain('from the sandbox')
    const open = connect({ port: portOf(url), host: '127.0.0.1' })
    open.write('GET /endless HTTP/1.0\r\n\r\n')
    await once(open, 'data')
    const lost = once(open.resume(), 'end').catch((error: NodeJS.ErrnoException) => error.code)
    process.kill((await t.b.supervisor()) ?? 0, 'SIGKILL')
    expect(await lost).toBe('ECONNRESET')
    expect(await ending(url)).toContain('from the sandbox')
    // Its end reaches the server, however it comes.
    child.kill('SIGKILL')
    await over
    const again = await f.forward(id, '3000:0')
    await expect.poll(() => text(`${again.urls[0]}/open`)).toBe('1')
  })

  test('a sandbox with the network of its engine must be served too', async () => {
    const id = await f.startTask(t.remote.url, ['--policy', 'open'])
    await f.serve(id, 3000)
    const { urls } = await f.forward(id, '3000:0')
    expect(await text(`${urls[0]}/`)).toBe('from the sandbox')
  })

  test('the end of the task must end it, also where the container stays warm, and a further turn be reached again', async () => {
    const id = await f.startTask(t.remote.url, ['--keep-alive', '10m'])
    await f.serve(id, 3000)
    const first = await f.forward(id, '3000:0')
    expect(await text(`${first.urls[0]}/`)).toBe('from the sandbox')
    await f.finish(id)
    expect(await first.over).toMatchObject({
      code: 3,
      stderr: `berth: ${id} is done: its ports are no longer forwarded\n`,
    })
    const warm = await t.b.status(id)
    expect(warm.kept).not.toBeNull()
    const refused = await t.b.run(['forward', '--json', id, '3000'])
    expect(refused.code).toBe(2)
    expect(JSON.parse(refused.stderr)).toMatchObject({
      error: { code: 'not-allowed', message: `${id} is done: it has no running sandbox to connect to` },
    })
    await t.b.run(['exec', id, '--', 'rm', '/work/go'])
    await t.b.run(['send', id, 'again'])
    const isWaiting = (event: Event) =>
      event.type === 'agent.output' && event.turn === 2 && event.text.includes('waiting')
    await t.b.until(id, isWaiting)
    await f.serve(id, 3000)
    const second = await f.forward(id, '3000:0')
    expect(await text(`${second.urls[0]}/`)).toBe('from the sandbox')
    expect((await t.b.status(id)).container?.name).toBe(warm.container?.name)
  })

  test('sockets and links that the agent left in its folders must see no connection', async () => {
    const id = await f.startTask(t.remote.url)
    const planted = await f.plant(id)
    const [first = ''] = planted.seen().split('\n')
    const [, count, folders] = /^planted (\d+) in (\d+)$/.exec(first) ?? []
    expect(Number(folders)).toBeGreaterThan(4)
    expect(Number(count)).toBeGreaterThan(20)
    await f.serve(id, 3000)
    const { urls } = await f.forward(id, '3000:0', '3001:0')
    expect(await ending(urls[0])).toContain('from the sandbox')
    expect(await ending(urls[1])).toBe('ECONNRESET')
    process.kill((await t.b.supervisor()) ?? 0, 'SIGKILL')
    expect(await ending(urls[0])).toContain('from the sandbox')
    expect(planted.seen()).toBe(`${first}\n`)
  })

  test('the library must forward a port until it is closed', async () => {
    await using b = await library.berth()
    const task = await b.task(await f.startTask(t.remote.url))
    await f.serve(task.id, 3000)
    const errors: string[] = []
    const forwarded = await task.forward(3000)
    const other = await task.forward(3001, { onError: ({ code }) => errors.push(code) })
    expect(await text(forwarded.url)).toBe('from the sandbox')
    expect(await ending(other.url)).toBe('ECONNRESET')
    expect(errors).toEqual(['port-unreachable'])
    await forwarded.close()
    expect(await ending(forwarded.url)).toBe('ECONNREFUSED')
    await b.close()
    expect(await ending(other.url)).toBe('ECONNREFUSED')
  })

  test.each([
    ['0', 'forward: 0 names no port'],
    ['70000', 'forward: 70000 names no port'],
    ['3000:x', 'forward: 3000:x names no port'],
    ['http', 'forward: http names no port'],
  ])('the port %s must be refused', async (port, message) => {
    const ran = await t.b.run(['forward', '--json', 't-none', port])
    expect(ran.code).toBe(2)
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: 'usage', message } })
  })

  test('a port of this machine that is in use must be named, with a way out, and none be listened on', async () => {
    const id = await f.startTask(t.remote.url)
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    const ran = await t.b.run(['forward', id, '3000:0', `3001:${port}`])
    taken.close()
    expect(ran).toMatchObject({ code: 2, stdout: '' })
    expect(ran.stderr).toContain(`berth: 127.0.0.1:${port} is in use by another program\n`)
    expect(ran.stderr).toContain('PORT:HOSTPORT')
  })
})

describe('forward without an engine', () => {
  const t = testBench('file')

  test('a task on the host must be refused: its ports are this machine’s', async () => {
    const args = ['start', '--isolation', 'host', '--agent', 'noop', '--repo', t.remote.url, '--branch', 'main']
    const id = (await t.b.run([...args, '--provider-arg', 'sleep=60', 'wait'])).stdout.trim()
    const ran = await t.b.run(['forward', '--json', id, '3000'])
    expect(ran.code).toBe(2)
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: {
        code: 'not-allowed',
        message: `${id} runs without a sandbox: its ports are this machine's own`,
        hint: 'Connect to 127.0.0.1 and the port itself.',
      },
    })
  })
})

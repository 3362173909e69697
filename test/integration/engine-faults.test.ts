import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { docker } from '../../src/engines/docker.ts'
import type { Engine } from '../../src/engines/engine.ts'
import { locateEngine } from '../../src/engines/locate/locate-engine.ts'
import { probeEngines } from '../../src/engines/locate/probe-engines.ts'
import { failure } from '../conformance/engine-bench.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const PING = 'HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\nOK'

/** A server that behaves as `answer` does; the request's text is what it gets. */
const fakeEngine = async (answer: (request: string, socket: Socket) => void) => {
  const folder = temporaryFolder('berth-fake-engine-')
  const path = folder.at('engine.sock')
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (data) => answer(data.toString(), socket))
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return {
    path,
    endpoint: `unix://${path}`,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
      folder[Symbol.dispose]()
    },
  }
}

const pinged = (rest: (request: string, socket: Socket) => void) => (request: string, socket: Socket) => {
  if (request.includes('/_ping')) socket.write(PING)
  else rest(request, socket)
}

describe('an engine that hangs', () => {
  it('is engine-timeout, named, and the call ends by its own limit', async () => {
    await using fake = await fakeEngine(() => {})
    const engine = docker({ endpoint: fake.endpoint })
    const failed = await failure(engine.list({ 'berth.test': 'x' }))
    expect(failed.code).toBe('engine-timeout')
    expect(failed.message).toContain(fake.endpoint)
    await engine[Symbol.asyncDispose]()
  })

  it('is given up at once by the caller’s signal, also in a stream', async () => {
    await using fake = await fakeEngine(pinged(() => {}))
    const engine = docker({ endpoint: fake.endpoint })
    const stop = new AbortController()
    const logs = async () => {
      for await (const _ of engine.logs('x', { follow: true }, stop.signal)) expect.unreachable()
    }
    const calls = [engine.inspect('x', stop.signal), engine.wait('x', stop.signal), logs(), engine.info(stop.signal)]
    setTimeout(() => stop.abort(new Error('enough')), 100)
    for (const call of calls) expect((await failure(call)).message).toBe('enough')
    await engine[Symbol.asyncDispose]()
  })

  it('is told by locate and by probe', async () => {
    await using fake = await fakeEngine(() => {})
    const env = { DOCKER_HOST: fake.endpoint }
    const [located, probes] = await Promise.all([failure(locateEngine({ env, uid: 0 })), probeEngines({ env, uid: 0 })])
    expect(located.code).toBe('engine-timeout')
    expect(probes).toMatchObject([{ kind: 'docker', endpoint: fake.endpoint, ok: false }])
    expect(probes[0]?.fix).toContain('Restart')
  })
})

describe('an engine that breaks', () => {
  const broken = async (
    answer: (request: string, socket: Socket) => void,
    call: (engine: Engine) => Promise<unknown>,
  ) => {
    await using fake = await fakeEngine(answer)
    const engine = docker({ endpoint: fake.endpoint })
    const failed = await failure(call(engine))
    await engine[Symbol.asyncDispose]()
    return failed
  }
  const read = async (engine: Engine) => {
    for await (const _ of engine.logs('x', { follow: true }, new AbortController().signal)) expect(_).toBeDefined()
  }

  it('closes without an answer', async () => {
    expect(
      await broken(
        (_, socket) => socket.destroy(),
        (engine) => engine.inspect('x'),
      ),
    ).toMatchObject({ code: 'engine-down' })
  })

  it('dies in the middle of a log', async () => {
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
    const chunk = 'b\r\n\x01\0\0\0\0\0\0\x03abc\r\n'
    const answer = pinged((_, socket) => {
      socket.write(`${head}${chunk}`)
      setTimeout(() => socket.destroy(), 50)
    })
    expect(await broken(answer, read)).toMatchObject({ code: 'engine-down' })
  })

  it('speaks something else', async () => {
    const failed = await broken(
      (_, socket) => socket.end('SSH-2.0-nothing\r\n'),
      (engine) => engine.inspect('x'),
    )
    expect(failed.code).toBe('engine-down')
    const html = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>'
    expect(
      await broken(
        pinged((_, socket) => void socket.write(html)),
        (engine) => engine.info(),
      ),
    ).toMatchObject({ code: 'engine-error' })
  })

  it('answers an error in its own words', async () => {
    const body = JSON.stringify({ message: 'no space left on device' })
    const answer = pinged(
      (_, socket) => void socket.write(`HTTP/1.1 500 X\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
    )
    const failed = await broken(answer, (engine) => engine.start('x'))
    expect(failed).toMatchObject({ code: 'engine-error' })
    expect(failed.message).toContain('start container x: no space left on device')
  })

  it('drops a kept connection: the next call takes a new one', async () => {
    let count = 0
    const reply = 'HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}'
    await using fake = await fakeEngine(
      pinged((_, socket) => {
        count += 1
        if (count === 2) socket.destroy()
        else socket.write(reply)
      }),
    )
    const engine = docker({ endpoint: fake.endpoint })
    expect(await engine.inspect('x')).toBeUndefined()
    expect(await engine.inspect('x')).toBeUndefined()
    expect(count).toBe(3)
    await engine[Symbol.asyncDispose]()
  })
})

describe('no engine', () => {
  it('tells what is not there from what refuses', async () => {
    using folder = temporaryFolder()
    const none = failure(docker({ endpoint: `unix://${folder.at('none.sock')}` }).info())
    expect(await none).toMatchObject({ code: 'engine-down', message: expect.stringContaining('no such socket') })
    const left = docker({ endpoint: 'tcp://127.0.0.1:1' }).info()
    expect(await failure(left)).toMatchObject({
      code: 'engine-down',
      message: expect.stringContaining('nothing listens'),
    })
  })

  it('has a name for each way in which none is found', async () => {
    using folder = temporaryFolder()
    const env = { PATH: folder.path, HOME: folder.path, XDG_RUNTIME_DIR: folder.path }
    const ask = (engine: string, more: object = {}) =>
      failure(locateEngine({ engine, env: { ...env, ...more }, uid: 4242 }))
    expect(await ask('dokcer')).toMatchObject({
      code: 'unknown-engine',
      message: expect.stringContaining('mean docker?'),
    })
    expect(await ask('ssh://host')).toMatchObject({ code: 'engine-elsewhere' })
    expect(await ask('http+x://host')).toMatchObject({ code: 'unknown-engine' })
    expect(await ask('podman')).toMatchObject({ code: 'engine-missing' })
    expect(await ask(`unix://${folder.at('none')}`)).toMatchObject({ code: 'engine-down' })
    const named = await ask('docker', { DOCKER_HOST: `unix://${folder.at('none')}` })
    expect(named).toMatchObject({ code: 'engine-down', message: expect.stringContaining('DOCKER_HOST') })
  })

  it('says who may not use a socket, and what mends it', async () => {
    await using fake = await fakeEngine((_, socket) => void socket.write(PING))
    chmodSync(fake.path, 0o600)
    const program = fileURLToPath(new URL('../fixtures/ask-engine.ts', import.meta.url))
    const root = process.getuid?.() === 0
    expect(existsSync('/usr/bin/setpriv') || !root).toBe(true)
    chmodSync(fake.path.replace(/\/[^/]*$/, ''), 0o755)
    const drop = ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--']
    const child = [process.execPath, program, fake.endpoint]
    if (!root) chmodSync(fake.path, 0)
    const [file = '', ...args] = root ? ['/usr/bin/setpriv', ...drop, ...child] : child
    const { stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', timeout: 20_000 })
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual({
      code: 'engine-permission',
      hint: expect.stringContaining('usermod -aG docker'),
    })
  })
})

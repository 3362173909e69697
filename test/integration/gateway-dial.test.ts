import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { Client } from '../../src/client/client.ts'
import { forwardPort } from '../../src/client/forward-port.ts'
import type { Egress } from '../../src/egress/egress.ts'
import { answerPorts, cleanups, client, taskOf, useGateways } from './gateway-harness.ts'

useGateways()

const UPSTREAM = 'http://127.0.0.1:9'

const listening = async (take: (socket: Socket) => void, host = '127.0.0.1'): Promise<number> => {
  const open = new Set<Socket>()
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket.on('error', () => {}))
    take(socket)
  })
  server.listen({ port: 0, host, backlog: 511 })
  await once(server, 'listening')
  cleanups.push(() => {
    server.close()
    for (const socket of open) socket.destroy()
  })
  return (server.address() as { port: number }).port
}
const echo = (socket: Socket) => void socket.pipe(socket)

const read = async (socket: Socket): Promise<Buffer> => {
  const parts: Buffer[] = []
  for await (const part of socket) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

/** A port of this machine that leads to one in a task's sandbox, without the supervisor between. */
const forwarded = async (gateway: Egress, task: string, port: number, failures: string[] = []) => {
  const api = {
    upgrade: (_: string, __: object, ___: string, signal: AbortSignal) =>
      gateway.dial(task, { kind: 'port', port }, signal),
  } as unknown as Client
  const failed = (error: Error) => failures.push(error.message)
  const made = await forwardPort({ api, id: task, port, hostPort: 0, failed, connected: () => {} })
  cleanups.push(made.close)
  return () => connect({ port: made.hostPort, host: made.address, allowHalfOpen: true }).on('error', () => {})
}

/** A connection over which an answer has come. */
const inUse = async (caller: Socket): Promise<Socket> => {
  caller.write('x')
  await once(caller, 'data')
  return caller
}

const opened = async (limits: Parameters<typeof client>[0] = {}) => {
  const gateway = client(limits)
  const task = taskOf(UPSTREAM)
  await gateway.open(task)
  return { gateway, task }
}

const HEADS = { park: '/.berth/park', accept: '/.berth/accept/', refuse: '/.berth/refuse/' }
/** What something in the sandbox says to the gateway by itself. */
const inside = async (socket: string, path: string, more = '') => {
  const made = connect({ path: socket, allowHalfOpen: true }).on('error', () => {})
  cleanups.push(() => made.destroy())
  made.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: berth-dial\r\n\r\n${more}`)
  const [answer] = (await once(made, 'data')) as [Buffer]
  return { made, status: Number(answer.toString().split(' ')[1]) }
}
const line = async (parked: Socket) => ((await once(parked, 'data')) as [Buffer])[0].toString()

describe('a connection into a sandbox', () => {
  test.each(['127.0.0.1', '::1'])(
    'the server listens on %s: bytes go both ways, with the end of each',
    async (host) => {
      const { gateway, task } = await opened()
      answerPorts(task.socket)
      const port = await listening((socket) => {
        void read(socket).then((asked) => socket.end(Buffer.concat([Buffer.from('answer to '), asked])))
      }, host)
      const caller = (await forwarded(gateway, 't-1', port))()
      caller.end('question')
      expect((await read(caller)).toString()).toBe('answer to question')
    },
  )

  test('two hundred at once, each with its own bytes', async () => {
    const { gateway, task } = await opened()
    answerPorts(task.socket)
    const dial = await forwarded(gateway, 't-1', await listening(echo))
    const all = Array.from({ length: 200 }, async (_, i) => {
      const caller = dial()
      const sent = Buffer.alloc(100_000, `${i} `)
      caller.end(sent)
      return (await read(caller)).equals(sent)
    })
    expect(new Set(await Promise.all(all))).toEqual(new Set([true]))
  })

  test('a port that nobody listens on is a reset with its reason, and the next connection may succeed', async () => {
    const { gateway, task } = await opened()
    answerPorts(task.socket)
    const failures: string[] = []
    const free = await listening(echo)
    const gone = createServer().listen(0, '127.0.0.1')
    await once(gone, 'listening')
    const { port } = gone.address() as { port: number }
    gone.close()
    const dial = await forwarded(gateway, 't-1', port, failures)
    const [error] = (await once(dial(), 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNRESET')
    expect(failures).toEqual([`t-1: nothing listens on port ${port} in the sandbox`])
    const caller = (await forwarded(gateway, 't-1', free))()
    caller.end('x')
    expect((await read(caller)).toString()).toBe('x')
  })

  test('a gateway that is killed resets what is open, and its successor is found by worker and callers', async () => {
    const { gateway, task } = await opened()
    answerPorts(task.socket)
    const dial = await forwarded(gateway, 't-1', await listening(echo))
    const before = await inUse(dial())
    const { pid = 0 } = (await gateway.status()) ?? {}
    const lost = once(before, 'error')
    process.kill(pid, 'SIGKILL')
    expect(await lost).toMatchObject([{ code: 'ECONNRESET' }])
    const after = dial()
    after.end('y')
    expect((await read(after)).toString()).toBe('y')
  })

  test('a connection that is open goes on while its gateway is replaced', async () => {
    const { gateway, task } = await opened()
    answerPorts(task.socket)
    const dial = await forwarded(gateway, 't-1', await listening(echo))
    const before = await inUse(dial())
    const { pid = 0 } = (await gateway.status()) ?? {}
    process.kill(pid, 'SIGTERM')
    await expect.poll(async () => (await gateway.status())?.pid).not.toBe(pid)
    const after = dial()
    after.end('y')
    expect((await read(after)).toString()).toBe('y')
    before.end('z')
    expect((await read(before)).toString()).toBe('z')
  })

  test('the end of the turn resets what is open, refuses what comes, and a further turn is answered', async () => {
    const { gateway, task } = await opened()
    const again = answerPorts(task.socket)
    const failures: string[] = []
    const dial = await forwarded(gateway, 't-1', await listening(echo), failures)
    const before = await inUse(dial())
    const lost = once(before, 'error')
    await gateway.close('t-1')
    expect(await lost).toMatchObject([{ code: 'ECONNRESET' }])
    await once(dial(), 'error')
    expect(failures).toEqual(['t-1: no turn is running, so the sandbox has no gateway'])
    await gateway.open(task)
    again()
    const after = dial()
    after.end('y')
    expect((await read(after)).toString()).toBe('y')
  })

  test('without a worker that answers it is refused when its time is over', async () => {
    const { gateway } = await opened({ dialMs: 200 })
    await expect(gateway.dial('t-1', { kind: 'port', port: 1 }, new AbortController().signal)).rejects.toMatchObject({
      code: 'port-unreachable',
      message: 't-1: no worker in the sandbox answers the gateway',
    })
  })
})

describe('something hostile in the sandbox', () => {
  const signal = new AbortController().signal
  const target = { kind: 'port', port: 3000 } as const

  test('it may answer a caller of its own task, once a token', async () => {
    const { gateway, task } = await opened()
    const { made: parked } = await inside(task.socket, HEADS.park)
    const told = line(parked)
    const dialled = gateway.dial('t-1', target, signal)
    const [token = '', name] = (await told).trim().split(' ')
    expect(name).toBe('port:3000')
    expect((await inside(task.socket, `${HEADS.accept}${token}`)).status).toBe(101)
    ;(await dialled).destroy()
    expect((await inside(task.socket, `${HEADS.accept}${token}`)).status).toBe(404)
  })

  test('a token of another task is none', async () => {
    const { gateway, task } = await opened({ dialMs: 500 })
    const other = taskOf(UPSTREAM, 't-2')
    await gateway.open(other)
    const { made: parked } = await inside(task.socket, HEADS.park)
    const told = line(parked)
    const dialled = gateway.dial('t-1', target, signal)
    dialled.catch(() => {})
    const [token = ''] = (await told).split(' ')
    expect((await inside(other.socket, `${HEADS.accept}${token}`)).status).toBe(404)
    expect((await inside(other.socket, `${HEADS.refuse}${token}/closed`)).status).toBe(404)
    await expect(dialled).rejects.toMatchObject({ message: 't-1: no worker in the sandbox answers the gateway' })
  })

  test.each([
    ['a word beside the parking', HEADS.park, 'x', 400],
    ['a word beside a token', `${HEADS.accept}1`, 'x', 400],
    ['a token that nobody made', `${HEADS.accept}1`, '', 404],
    ['a reason that does not exist', `${HEADS.refuse}1/\x1b[31m`, '', 400],
    ['another path', '/.berth/dial/port:22', '', 426],
    ['the way of the supervisor', '/tasks/t-1/dial/port:22', '', 426],
  ])('%s is refused', async (_, path, more, status) => {
    const { task } = await opened()
    const { made, status: got } = await inside(task.socket, path, more)
    expect(got).toBe(status)
    await once(made.resume(), 'end')
  })

  test('a parked connection that says a word is ended', async () => {
    const { task } = await opened()
    const { made } = await inside(task.socket, HEADS.park)
    made.write('x')
    await once(made.resume(), 'end')
  })

  test('it parks a few connections and no more, and the worker that was first is asked', async () => {
    const { gateway, task } = await opened()
    answerPorts(task.socket)
    const dial = await forwarded(gateway, 't-1', await listening(echo))
    const first = dial()
    first.end('x')
    expect((await read(first)).toString()).toBe('x')
    const parks = []
    for (let i = 0; i < 10; i += 1) parks.push((await inside(task.socket, HEADS.park)).status)
    expect(parks.filter((status) => status === 101)).toHaveLength(3)
    const second = dial()
    second.end('y')
    expect((await read(second)).toString()).toBe('y')
  })

  test('one that does not read its lines makes room for the next', async () => {
    const { gateway, task } = await opened({ dialMs: 100 })
    const { made: first } = await inside(task.socket, HEADS.park)
    first.pause()
    for (let round = 0; round < 10; round += 1)
      await Promise.allSettled(Array.from({ length: 255 }, () => gateway.dial('t-1', target, signal)))
    const { made: second } = await inside(task.socket, HEADS.park)
    const told = line(second)
    await expect(gateway.dial('t-1', target, signal)).rejects.toThrow('no worker in the sandbox answers')
    expect(await told).toContain('port:3000')
  })

  test('callers beyond the limit are told so', async () => {
    const { gateway } = await opened({ dialMs: 1000 })
    const calls = Array.from({ length: 260 }, () => gateway.dial('t-1', target, signal))
    const over = await Promise.allSettled(calls)
    const words = over.map((call) => (call.status === 'rejected' ? String(call.reason.message) : ''))
    expect(words.filter((text) => text.includes('too many connections into the sandbox'))).toHaveLength(4)
  })
})

import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, createServer as createTcpServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import type { UseCases } from '../app/use-cases.ts'
import { BerthError } from '../domain/errors.ts'
import { upgradeServer } from './upgrades.ts'

/** The two ends of a connection. */
const pairIn = async (path: string): Promise<readonly [Socket, Socket]> => {
  const other = Promise.withResolvers<Socket>()
  const server = createTcpServer(other.resolve).listen(path)
  await once(server, 'listening')
  const one = connect(path)
  const pair = [one, await other.promise] as const
  server.close()
  return pair
}

const bench = async () => {
  const folder = temporaryFolder()
  const asked: string[] = []
  const [inside, sandbox] = await pairIn(folder.at('inside'))
  const use = {
    exec: async (id: string) => {
      asked.push(id)
      throw new BerthError('not-found', `${id}: there is no such task`)
    },
    forward: async (id: string, port: number) => {
      asked.push(`${id} ${port}`)
      return inside
    },
  } as unknown as UseCases
  let held = 0
  const touch = () => {
    held += 1
    return () => {
      held -= 1
    }
  }
  const server = createServer().on('upgrade', upgradeServer({ use, touch, log: () => {} }))
  await new Promise<void>((resolve) => server.listen(folder.at('sock'), resolve))
  onTestFinished(() => {
    server.close()
    folder[Symbol.dispose]()
  })
  const open = (path: string, protocol: string) => {
    const socket = connect(folder.at('sock'))
    socket.write(`POST ${path} HTTP/1.1\r\nhost: berth\r\nconnection: Upgrade\r\nupgrade: ${protocol}\r\n\r\n`)
    return socket
  }
  const upgrade = (path: string, protocol = 'berth-exec') => text(open(path, protocol).end())
  return { asked, open, upgrade, sandbox, held: () => held }
}

test.each(['/v1/tasks/%zz/exec', '/v1/tasks//exec', '/v1/tasks'])('%s upgrades no connection', async (path) => {
  const { asked, upgrade, held } = await bench()
  expect(await upgrade(path)).toMatch(/^HTTP\/1\.1 400 bad request\r\n.*this path does not upgrade a connection/s)
  expect(asked).toEqual([])
  await expect.poll(held).toBe(0)
})

test('the id of a path is decoded, and an error is answered', async () => {
  const { asked, upgrade } = await bench()
  expect(await upgrade('/v1/tasks/t%2Done/exec')).toMatch(/^HTTP\/1\.1 404 not found\r\n.*there is no such task/s)
  expect(asked).toEqual(['t-one'])
})

test('a forwarded connection carries bytes both ways, and ends with either side', async () => {
  const { asked, open, sandbox, held } = await bench()
  const socket = open('/v1/tasks/t-one/forward?port=3000', 'berth-forward')
  const [head] = (await once(socket, 'data')) as [Buffer]
  expect(head.toString()).toMatch(/^HTTP\/1\.1 101 /)
  expect(asked).toEqual(['t-one 3000'])
  socket.write('to the sandbox')
  expect(String((await once(sandbox, 'data'))[0])).toBe('to the sandbox')
  sandbox.end('from the sandbox')
  expect(await text(socket)).toBe('from the sandbox')
  await expect.poll(held).toBe(0)
})

test.each(['', '?port=0', '?port=65536', '?port=22x'])('a forwarded connection needs a port: %j', async (query) => {
  const { asked, upgrade } = await bench()
  expect(await upgrade(`/v1/tasks/t-one/forward${query}`, 'berth-forward')).toMatch(/^HTTP\/1\.1 400 .*not a port/s)
  expect(asked).toEqual([])
})

test('a protocol is good for its own path alone', async () => {
  const { asked, upgrade } = await bench()
  expect(await upgrade('/v1/tasks/t-one/forward?port=1', 'berth-exec')).toMatch(/^HTTP\/1\.1 400 /)
  expect(await upgrade('/v1/tasks/t-one/exec', 'berth-forward')).toMatch(/^HTTP\/1\.1 400 /)
  expect(asked).toEqual([])
})

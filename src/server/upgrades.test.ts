import { createServer } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import type { UseCases } from '../app/use-cases.ts'
import { BerthError } from '../domain/errors.ts'
import { upgradeServer } from './upgrades.ts'

const bench = async () => {
  const folder = temporaryFolder()
  const asked: string[] = []
  const use = {
    exec: async (id: string) => {
      asked.push(id)
      throw new BerthError('not-found', `${id}: there is no such task`)
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
  const upgrade = async (path: string) => {
    const socket = connect(folder.at('sock'))
    socket.end(`POST ${path} HTTP/1.1\r\nhost: berth\r\nconnection: Upgrade\r\nupgrade: berth-exec\r\n\r\n`)
    return await text(socket)
  }
  return { asked, upgrade, held: () => held }
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

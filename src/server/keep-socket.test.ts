import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { keepSocket } from './keep-socket.ts'

const bench = async () => {
  const folder = temporaryFolder()
  const path = folder.at('run/supervisor.sock')
  const server = createServer((_, response) => void response.end('here'))
  const kept = await keepSocket({ server, path, lost: () => {} })
  onTestFinished(() => {
    kept.close()
    server.close()
    server.closeAllConnections()
    folder[Symbol.dispose]()
  })
  const ask = () =>
    new Promise<number>((resolve) => {
      request({ socketPath: path, agent: false }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
        .once('error', () => resolve(0))
        .end()
    })
  return { folder, path, ask }
}

type Place = Awaited<ReturnType<typeof bench>>
const damages: readonly (readonly [string, (place: Place) => void])[] = [
  ['the socket is removed', ({ path }) => rmSync(path)],
  [
    'a file is put in its place',
    ({ path }) => {
      rmSync(path)
      writeFileSync(path, '')
    },
  ],
  ['its folder is removed', ({ folder }) => rmSync(folder.at('run'), { recursive: true })],
  [
    'its folder is moved away, and another made',
    ({ folder }) => {
      renameSync(folder.at('run'), folder.at('old'))
      mkdirSync(folder.at('run'), { mode: 0o755 })
    },
  ],
]

test.each(damages)('%s: it listens again, twice', async (_, damage) => {
  const b = await bench()
  expect(await b.ask()).toBe(200)
  for (const round of ['first', 'second']) {
    damage(b)
    rmSync(b.folder.at('old'), { recursive: true, force: true })
    await expect.poll(() => b.ask(), { timeout: 10_000 }).toBe(200)
    expect([round, statSync(b.path).mode & 0o777, statSync(b.folder.at('run')).mode & 0o777]).toEqual([
      round,
      0o600,
      0o700,
    ])
  }
})

import { createServer, type RequestListener } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { connection } from './connection.ts'

const LONGER_THAN_IDLE_MS = 1500
const LIMIT_MS = 10_000

/** An engine that answers `/_ping`, and else as it is told. */
const setUp = async (answer: RequestListener) => {
  const folder = temporaryFolder()
  const path = folder.at('engine.sock')
  let connections = 0
  let open = 0
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    if (request.url === '/_ping') response.writeHead(200, { 'api-version': '1.41' }).end('OK')
    else answer(request, response)
  })
  server.on('connection', (socket) => {
    connections += 1
    open += 1
    socket.once('close', () => {
      open -= 1
    })
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const engine = connection({
    endpoint: { kind: 'unix', path, url: `unix://${path}` },
    label: 'docker',
  })
  onTestFinished(async () => {
    engine.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    folder[Symbol.dispose]()
  })
  return { engine, connections: () => connections, open: () => open }
}

const call = { method: 'GET', path: '/info', doing: 'ask', signal: undefined, limitMs: LIMIT_MS } as const

test('calls after each other share a connection, which closes when it is idle', async () => {
  const { engine, connections, open } = await setUp((_, response) => void response.end('{}'))
  for (let i = 0; i < 5; i += 1) await engine.json(call)
  expect([connections(), open()]).toEqual([1, 1])
  for (const end = Date.now() + LIMIT_MS; open() > 0 && Date.now() < end; ) await sleep(20)
  expect(open()).toBe(0)
  await engine.json(call)
  expect(connections()).toBe(2)
})

test('an answer may be silent for longer than a connection may be idle', async () => {
  const { engine } = await setUp((request, response) => {
    if (request.url?.endsWith('/info')) return void response.end('{}')
    response.write('first ')
    setTimeout(() => response.end('second'), LONGER_THAN_IDLE_MS)
  })
  // On a connection that was idle before.
  await engine.json(call)
  let text = ''
  for await (const part of engine.stream({ ...call, path: '/logs', limitMs: null })) text += part.toString()
  expect(text).toBe('first second')
})

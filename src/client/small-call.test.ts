import { createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { smallCall } from './small-call.ts'

/** A server whose answer is these bytes, sent in the given pieces; it gives what it was asked. */
const serverOf = async (pieces: readonly string[], after: (socket: Socket) => void = (socket) => socket.end()) => {
  const folder = temporaryFolder()
  const socketPath = folder.at('s.sock')
  let asked = ''
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    socket.once('data', async (data: Buffer) => {
      asked = data.toString()
      for (const piece of pieces) {
        socket.write(piece)
        await new Promise((resolve) => setImmediate(resolve))
      }
      after(socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
    folder[Symbol.dispose]()
  })
  return { socketPath, asked: () => asked }
}

const ask = (socketPath: string, more: { readonly body?: string; readonly signal?: AbortSignal } = {}) =>
  smallCall({ socketPath, method: 'POST', path: '/v1/x?a=b', headers: { 'x-own': '1' }, ...more })

const stays = () => {}

test('an answer with a length, cut anywhere, is whole before the server hangs up', async () => {
  const text = 'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"ä":1}\n'
  for (let at = 1; at < text.length; at += 1) {
    const { socketPath } = await serverOf([text.slice(0, at), text.slice(at)], stays)
    const { status, headers, body } = await ask(socketPath)
    expect([status, headers.get('content-type'), body.toString()]).toEqual([201, 'application/json', '{"ä":1}\n'])
  }
})

test('what is asked has its length in bytes and ends with the connection', async () => {
  const { socketPath, asked } = await serverOf(['HTTP/1.1 204 No Content\r\n\r\n'], stays)
  const { status, body } = await ask(socketPath, { body: '"ä"' })
  expect([status, body.length]).toEqual([204, 0])
  expect(asked()).toBe(
    'POST /v1/x?a=b HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-own: 1\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\n"ä"',
  )
})

test('chunks are put together, and an answer without a length ends with the connection', async () => {
  const chunked = await serverOf([
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nab',
    'c\r\n2\r\nde\r\n0\r\n\r\n',
  ])
  expect((await ask(chunked.socketPath)).body.toString()).toBe('abcde')
  const plain = await serverOf(['HTTP/1.1 200 OK\r\n\r\nab', 'cd'])
  expect((await ask(plain.socketPath)).body.toString()).toBe('abcd')
})

test('an answer that is broken off is an error, as is none', async () => {
  const lengths = 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab'
  const chunks = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n'
  for (const pieces of [[], ['HTTP/1.1 200'], [lengths], [chunks]]) {
    const { socketPath } = await serverOf(pieces)
    await expect(ask(socketPath)).rejects.toMatchObject({ code: 'ECONNRESET' })
  }
  await expect(ask('/nonexistent/s.sock')).rejects.toMatchObject({ code: 'ENOENT' })
})

test('an abort ends the call', async () => {
  const { socketPath } = await serverOf([], stays)
  const gone = new AbortController()
  const asked = ask(socketPath, { signal: gone.signal })
  setTimeout(() => gone.abort(), 20)
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' })
  await expect(ask(socketPath, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
})

test('a long answer is read whole', async () => {
  const long = 'x'.repeat(3_000_000)
  const { socketPath } = await serverOf([`HTTP/1.1 200 OK\r\ncontent-length: ${long.length}\r\n\r\n`, long], stays)
  expect((await ask(socketPath)).body.length).toBe(long.length)
})

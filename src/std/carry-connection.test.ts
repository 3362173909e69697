import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { carryConnection, pieceReader } from './carry-connection.ts'

const listening = async (take: (socket: Socket) => void): Promise<Server> => {
  const server = createServer({ allowHalfOpen: true }, take)
  const open = new Set<Socket>()
  server.on('connection', (socket) => open.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of open) socket.destroy()
  })
  return server
}
const portOf = (server: Server) => (server.address() as { port: number }).port
const to = (server: Server) => connect({ port: portOf(server), host: '127.0.0.1', allowHalfOpen: true })

/** A connection, carried over a stream to another one: both ends, and the stream's. */
const carried = async () => {
  const far = Promise.withResolvers<Socket>()
  const target = await listening(far.resolve)
  const streams = Promise.withResolvers<Socket>()
  const middle = await listening((stream) => {
    streams.resolve(stream)
    carryConnection(to(target), stream)
  })
  const entry = await listening((local) => carryConnection(local, to(middle)))
  const near = to(entry)
  const [one, stream] = await Promise.all([far.promise, streams.promise])
  for (const socket of [near, one]) socket.on('error', () => {})
  return { near, far: one, stream }
}
const read = async (socket: Socket) => {
  const parts: Buffer[] = []
  for await (const part of socket) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

test('each direction ends by itself', async () => {
  const { near, far } = await carried()
  near.end('question')
  expect((await read(far)).toString()).toBe('question')
  const answer = Buffer.alloc(5_000_000, 'answer ')
  far.end(answer)
  expect((await read(near)).equals(answer)).toBe(true)
})

test('a stream that breaks off is a reset on both sides, and no end', async () => {
  const { near, far, stream } = await carried()
  far.write('half of it')
  await once(near, 'data')
  const lost = [near, far].map((socket) =>
    once(socket.resume(), 'end').then(
      () => 'ended',
      (error) => error.code,
    ),
  )
  stream.destroy()
  expect(await Promise.all(lost)).toEqual(['ECONNRESET', 'ECONNRESET'])
})

test.each(['near', 'far'] as const)('a reset of the %s connection is one of the other', async (side) => {
  const both = await carried()
  const other = both[side === 'near' ? 'far' : 'near'].resume()
  both[side].resetAndDestroy()
  await expect(once(other, 'end')).rejects.toMatchObject({ code: 'ECONNRESET' })
})

test('a reader that stops stops the writer', async () => {
  const { near, far } = await carried()
  far.pause()
  let sent = 0
  const piece = Buffer.alloc(256 * 1024)
  while (sent < 256 * 1024 * 1024) {
    sent += piece.length
    if (near.write(piece)) continue
    const more = await Promise.race([once(near, 'drain'), new Promise((resolve) => setTimeout(resolve, 500, null))])
    if (more === null) break
  }
  expect(sent).toBeLessThan(64 * 1024 * 1024)
  near.end()
  expect((await read(far)).length).toBe(sent)
})

test('pieces are read however the stream is cut', () => {
  const input = fc.record({ pieces: fc.array(fc.uint8Array({ minLength: 1 })), cuts: fc.array(fc.nat({ max: 9 })) })
  fc.assert(
    fc.property(input, ({ pieces, cuts }) => {
      const head = (length: number) => Buffer.from([0, 0, length >> 8, length & 255])
      let rest = Buffer.concat([...pieces.flatMap((piece) => [head(piece.length), piece]), head(0)])
      const got: Buffer[] = []
      let ends = 0
      const reader = pieceReader({ data: (bytes) => got.push(Buffer.from(bytes)), end: () => (ends += 1) })
      for (const cut of cuts) {
        reader(rest.subarray(0, cut))
        rest = rest.subarray(cut)
      }
      reader(rest)
      expect(Buffer.concat(got)).toEqual(Buffer.concat(pieces))
      expect(ends).toBe(1)
      expect(() => reader(Buffer.from('x'))).toThrow('bytes behind the end')
    }),
  )
})

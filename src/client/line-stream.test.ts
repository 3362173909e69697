import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lineStream } from './line-stream.ts'

const HEAD = 'HTTP/1.1 200 OK\r\nX-Some: thing\r\n\r\n'
const END = '\n'
const pause = () => new Promise((resolve) => setImmediate(resolve))

/** What the server was asked, and the stream that it gave; it answers by these bytes, a piece at a time, then closes. */
const streamOf = async (pieces: Iterable<Buffer | string>, signal?: AbortSignal) => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-line-stream-'))
  const socketPath = join(folder, 's')
  let asked = ''
  const answer = async (socket: Socket) => {
    socket.on('error', () => {})
    asked = String(await new Promise((resolve) => socket.once('data', resolve)))
    for (const piece of pieces) {
      if (!socket.write(piece)) await Promise.race(['drain', 'close'].map((e) => new Promise((r) => socket.once(e, r))))
      await pause()
    }
    socket.end()
  }
  const server = createServer((socket) => void answer(socket))
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  onTestFinished(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })
  const stream = await lineStream({ socketPath, path: '/v1/x', headers: { accept: 'a/b' }, signal })
  return { stream, asked }
}

/** Everything, read slowly: each piece is whole lines, and what it was when the next is asked for. */
const all = async (lines: AsyncIterable<Buffer>): Promise<Buffer> => {
  const parts: Buffer[] = []
  for await (const bytes of lines) {
    const before = Buffer.from(bytes)
    await pause()
    expect(bytes.equals(before)).toBe(true)
    expect(bytes.at(-1)).toBe(10)
    parts.push(before)
  }
  return Buffer.concat(parts)
}

/** Pseudo-random, the same in each run. */
const drawer = (seed: number) => {
  let state = seed
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state % below
  }
}
/** Cut where a draw says. */
const cut = function* (bytes: Buffer, size: () => number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const to = Math.min(bytes.length, at + 1 + size())
    yield bytes.subarray(at, to)
    at = to
  }
}

test('it asks for one thing and closes; status and head are told', async () => {
  const { stream, asked } = await streamOf([HEAD, 'a\nb\n', END])
  expect(asked).toBe('GET /v1/x HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\naccept: a/b\r\n\r\n')
  expect([stream.status, stream.head.includes('X-Some: thing')]).toEqual([200, true])
  expect(String(await all(stream.lines))).toBe('a\nb\n')
  const refused = await streamOf(['HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}'])
  expect(refused.stream.status).toBe(404)
  refused.stream.close()
})

test.each([1, 2, 3, 4])(
  'lines and reads that end anywhere give the same lines (%i)',
  async (seed) => {
    const draw = drawer(seed)
    // Most are short; some are longer than the room before a read, some than a read.
    const lengths = [0, 1, 80, 300, 3000, 70_000, 700_000]
    const lines = Array.from({ length: 300 }, (_, i) => {
      const length = lengths[draw(i % 50 === 0 ? 7 : 5)] ?? 0
      return `${i} ${String.fromCharCode(97 + (i % 26)).repeat(length)}\n`
    })
    const body = Buffer.from(lines.join(''))
    const answer = Buffer.concat([Buffer.from(HEAD), body, Buffer.from(END)])
    const { stream } = await streamOf(cut(answer, () => draw(draw(3) === 0 ? 300_000 : 4)))
    expect((await all(stream.lines)).equals(body)).toBe(true)
  },
  60_000,
)

test.each([
  ['nothing at all', [HEAD, END]],
  ['an end that comes alone', [HEAD, 'a\n', END]],
  ['an end that comes with the head', [`${HEAD}a\n${END}`]],
  ['a long line whose own end comes alone', [HEAD, `${'x'.repeat(400_000)}`, '\n', END]],
])('%s: whole', async (_, pieces) => {
  const { stream } = await streamOf(pieces)
  expect(`${await all(stream.lines)}${END}`).toBe(pieces.join('').slice(HEAD.length))
})

test('an answer that is broken off is not taken for a whole one', async () => {
  for (const rest of [[], ['a\n'], ['a\n', 'b'], ['a\nb\n'], [`${'x'.repeat(400_000)}`, '\n']]) {
    const { stream } = await streamOf([HEAD, ...rest])
    await expect(all(stream.lines)).rejects.toThrow('ended before the end')
  }
  await expect(streamOf(['HTTP/1.1 200'])).rejects.toThrow('ended before it answered')
})

test('a signal ends it, also while nothing comes', async () => {
  const stop = new AbortController()
  const forever = function* () {
    yield HEAD
    for (;;) yield 'a\n'
  }
  const { stream } = await streamOf(forever(), stop.signal)
  let got = 0
  const reading = (async () => {
    for await (const lines of stream.lines) {
      got += lines.length
      if (got > 100) stop.abort()
    }
  })()
  await expect(reading).rejects.toThrow('aborted')
})

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { type EventFormat, sendEvents } from './send-events.ts'

const line = (seq: number, text: string) =>
  `{"v":1,"seq":${seq},"at":"2026-01-01T00:00:00.000Z","type":"notice","text":"${text}"}\n`
const source = async function* (...pieces: readonly string[]) {
  for (const piece of pieces) yield Buffer.from(piece)
}

/** A server that answers once with these events; `over` is how the answer ended. */
const answerWith = async (events: (signal: AbortSignal) => AsyncIterable<Buffer>, format: EventFormat) => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-send-events-'))
  const over = Promise.withResolvers<string>()
  const server = createServer((_, to) => {
    sendEvents({ events, format, to }).then(
      () => over.resolve('ended'),
      (error: Error) => over.resolve(error.message),
    )
  })
  const socketPath = join(folder, 's')
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true })
  })
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ socketPath }, resolve).once('error', reject).end()
  })
  return { answer, over: over.promise }
}
const textOf = async (answer: IncomingMessage) => {
  let text = ''
  for await (const piece of answer.setEncoding('utf8')) text += piece
  return text
}

test('lines are events with their numbers, or what they are', async () => {
  const pieces = [line(1, 'a') + line(2, 'é'), line(3, 'c')]
  const sse = await answerWith(() => source(...pieces), 'sse')
  expect(sse.answer.headers['content-type']).toBe('text/event-stream')
  expect(await textOf(sse.answer)).toBe(
    [line(1, 'a'), line(2, 'é'), line(3, 'c')].map((one, i) => `id: ${i + 1}\ndata: ${one}\n`).join(''),
  )
  const plain = await answerWith(() => source(...pieces), 'lines')
  expect(plain.answer.headers).toMatchObject({ 'content-type': 'application/x-ndjson', connection: 'close' })
  expect(plain.answer.headers).not.toHaveProperty('transfer-encoding')
  expect(await textOf(plain.answer)).toBe(`${pieces.join('')}\n`)
  expect(await plain.over).toBe('ended')
})

test('the answer is there before the first event', async () => {
  const { answer } = await answerWith(async function* (signal) {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    yield* []
  }, 'lines')
  expect(answer.statusCode).toBe(200)
})

test('a block is read into again only when it was sent: a slow reader gets each byte, and no more is read meanwhile', async () => {
  const block = Buffer.alloc(256 * 1024)
  const count = 40
  let filled = 0
  const { answer, over } = await answerWith(async function* () {
    for (let i = 0; i < count; i += 1) {
      filled += 1
      yield block.fill(i)
    }
  }, 'lines')
  await sleep(50)
  // What the sockets hold, and one that waits.
  expect(filled).toBeLessThan(5)
  let at = 0
  for await (const piece of answer) {
    for (const byte of piece as Buffer) {
      if (at < count * block.length && byte !== Math.floor(at / block.length))
        throw new Error(`byte ${at} is of block ${byte}`)
      at += 1
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect([at, await over]).toEqual([count * block.length + 1, 'ended'])
})

test.each(['lines', 'sse'] as const)('whoever leaves ends the source, also while it is silent (%s)', async (format) => {
  for (const endless of [true, false]) {
    const { promise: ended, resolve } = Promise.withResolvers<string>()
    const { answer, over } = await answerWith(async function* (signal) {
      try {
        yield Buffer.from(line(1, 'x'))
        while (endless) yield Buffer.from(line(2, 'x'.repeat(100_000)))
        await new Promise((wake) => signal.addEventListener('abort', wake))
      } finally {
        resolve('closed')
      }
    }, format)
    await new Promise((come) => answer.once('data', come))
    answer.destroy()
    expect([await ended, await over]).toEqual(['closed', 'ended'])
  }
})

const damaged = async function* () {
  yield Buffer.from(line(1, 'a'))
  throw new Error('damaged')
}

test('a source that fails breaks the answer off', async () => {
  const sse = await answerWith(damaged, 'sse')
  await expect(textOf(sse.answer)).rejects.toThrow('aborted')
  expect(await sse.over).toBe('damaged')
})

test('a source that fails leaves the lines without the empty one at their end', async () => {
  const plain = await answerWith(damaged, 'lines')
  expect(await textOf(plain.answer)).not.toContain('\n\n')
  expect(await plain.over).toBe('damaged')
})

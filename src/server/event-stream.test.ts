import { expect, test } from 'vitest'
import { eventStream } from './event-stream.ts'

const line = (seq: number, text: string) =>
  `{"v":1,"seq":${seq},"at":"2026-01-01T00:00:00.000Z","type":"notice","text":"${text}"}\n`
const source = async function* (...pieces: readonly string[]) {
  for (const piece of pieces) yield Buffer.from(piece)
}

test('lines are events with their numbers, or what they are', async () => {
  const pieces = [line(1, 'a') + line(2, 'é'), line(3, 'c')]
  const sse = eventStream(source(...pieces), 'sse', () => {})
  expect(await sse.text()).toBe(
    [line(1, 'a'), line(2, 'é'), line(3, 'c')].map((one, i) => `id: ${i + 1}\ndata: ${one}\n`).join(''),
  )
  const plain = eventStream(source(...pieces), 'lines', () => {})
  expect([plain.headers.get('content-type'), await plain.text()]).toEqual(['application/x-ndjson', pieces.join('')])
})

test('no more is read than a reader takes, and whoever leaves ends the source', async () => {
  let read = 0
  let released = 0
  let ended = false
  const endless = async function* () {
    try {
      for (;;) {
        read += 1
        yield Buffer.from(line(read, 'x'.repeat(1000)))
      }
    } finally {
      ended = true
    }
  }
  const reader = eventStream(endless(), 'lines', () => {
    released += 1
  }).body?.getReader()
  for (let i = 0; i < 10; i += 1) await reader?.read()
  await new Promise((resolve) => setImmediate(resolve))
  expect(read).toBeLessThan(13)
  await reader?.cancel()
  expect([released, ended]).toEqual([1, true])
})

test('a source that fails breaks the stream off', async () => {
  const failing = async function* () {
    yield Buffer.from(line(1, 'a'))
    throw new Error('damaged')
  }
  await expect(eventStream(failing(), 'lines', () => {}).text()).rejects.toThrow('damaged')
})

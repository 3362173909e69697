import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { drained } from './drained.ts'

test('it waits until the stream is read, and leaves no listener', async () => {
  const stream = new PassThrough({ highWaterMark: 1 })
  const before = stream.listenerCount('close')
  for (let i = 0; i < 3; i += 1) {
    stream.write('more')
    const waits = drained(stream)
    expect(stream.listenerCount('drain')).toBe(1)
    stream.read()
    await waits
  }
  expect([stream.listenerCount('drain'), stream.listenerCount('close')]).toEqual([0, before])
})

test('it ends with the stream, before and after', async () => {
  const stream = new PassThrough({ highWaterMark: 1 })
  stream.write('more')
  const waits = drained(stream)
  stream.destroy()
  await waits
  expect(stream.closed).toBe(true)
  await drained(stream)
})

test('a stream that takes more is not waited for', async () => {
  await drained(new PassThrough())
})

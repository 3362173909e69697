import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { joinWrites } from './join-writes.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const joined = (ms: number) => {
  const sent: string[] = []
  const { add, flush } = joinWrites(ms, (bytes) => sent.push(bytes.toString('latin1')))
  return { sent, flush, add: (text: string) => add(Buffer.from(text)) }
}

test('the first piece goes at once, what follows it closely goes together', async () => {
  const { sent, add } = joined(5)
  add('a')
  await vi.advanceTimersByTimeAsync(0)
  expect(sent).toEqual(['a'])
  add('b')
  await vi.advanceTimersByTimeAsync(2)
  add('c')
  expect(sent).toEqual(['a'])
  await vi.advanceTimersByTimeAsync(3)
  expect(sent).toEqual(['a', 'bc'])
  await vi.advanceTimersByTimeAsync(10)
  add('d')
  await vi.advanceTimersByTimeAsync(0)
  expect(sent).toEqual(['a', 'bc', 'd'])
})

test('what stands is sent when it is much, and when it is asked for', () => {
  const { sent, add, flush } = joined(1000)
  add('x'.repeat(64 * 1024 - 1))
  expect(sent).toEqual([])
  add('y')
  expect(sent.map((text) => text.length)).toEqual([64 * 1024])
  add('z')
  flush()
  flush()
  expect(sent.at(-1)).toBe('z')
  expect(sent).toHaveLength(2)
})

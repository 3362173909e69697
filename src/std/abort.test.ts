import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { onAbort, pause, unlessAborted } from './abort.ts'

const never = new Promise<never>(() => {})
const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length

test('a listener is called once, at once where the signal is aborted, and not when it was disposed of', () => {
  const calls: string[] = []
  const late = new AbortController()
  onAbort(late.signal, () => calls.push('late'))
  onAbort(late.signal, () => calls.push('disposed'))[Symbol.dispose]()
  onAbort(AbortSignal.abort(), () => calls.push('early'))
  onAbort(undefined, () => calls.push('without'))
  expect([calls, listeners(late.signal)]).toEqual([['early'], 1])
  late.abort()
  expect(calls).toEqual(['early', 'late'])
})

test('work gives its result, or the reason of the signal, and no listener is left', async () => {
  const { signal } = new AbortController()
  expect(await unlessAborted(Promise.resolve(1), signal)).toBe(1)
  await expect(unlessAborted(Promise.reject(new Error('own')), signal)).rejects.toThrow('own')
  await pause(1, signal)
  expect(listeners(signal)).toBe(0)
  const over = new AbortController()
  const waits = [unlessAborted(never, over.signal), pause(2 ** 30, over.signal)]
  over.abort(new Error('over'))
  for (const wait of waits) await expect(wait).rejects.toThrow('over')
  await expect(unlessAborted(never, over.signal)).rejects.toThrow('over')
})

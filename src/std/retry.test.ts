import { expect, test } from 'vitest'
import { every, retry } from './retry.ts'

const { signal } = new AbortController()

/** Fails with each of the errors, then succeeds. */
const failing = (...words: string[]) => {
  const left = [...words]
  return async () => {
    const word = left.shift()
    if (word !== undefined) throw new Error(word)
    return 'done'
  }
}
const away = (error: unknown) => (error as Error).message === 'away'

test('tries again while the error may pass, and tells of each before its pause', async () => {
  const steps: unknown[] = []
  const pause = async (ms: number) => void steps.push(ms)
  const onRetry = (error: unknown) => void steps.push((error as Error).message)
  const options = { while: away, delays: [2, 5, 5], onRetry, pause, signal }
  expect(await retry(failing('away', 'away', 'away'), options)).toBe('done')
  expect(steps).toEqual(['away', 2, 'away', 5, 'away', 5])
})

test('throws what does not pass, and what stays behind the last pause or the time', async () => {
  const now = { while: away, delays: every(0), signal }
  await expect(retry(failing('away', 'own'), now)).rejects.toThrow('own')
  await expect(retry(failing('away', 'away', 'away'), { ...now, delays: every(0, 2) })).rejects.toThrow('away')
  expect(await retry(failing('away', 'away'), { ...now, delays: every(0, 2) })).toBe('done')
  await expect(retry(failing('away'), { ...now, until: Date.now() - 1 })).rejects.toThrow('away')
  expect(await retry(failing('away'), { ...now, until: Number.MAX_SAFE_INTEGER })).toBe('done')
})

test('ends with the signal: in a pause, and before one', async () => {
  const over = new AbortController()
  const options = { while: away, delays: every(2 ** 30), signal: over.signal }
  const waiting = retry(failing('away'), {
    ...options,
    onRetry: () => setImmediate(() => over.abort(new Error('over'))),
  })
  await expect(waiting).rejects.toThrow('over')
  await expect(retry(failing('away'), options)).rejects.toThrow('over')
})

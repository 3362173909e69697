import { expect, test } from 'vitest'
import { taskChanges } from './task-changes.ts'

test('a line at once, one for many changes, and none for a reader that has gone', async () => {
  const tells = new Set<() => void>()
  const onRecord = (tell: () => void) => {
    tells.add(tell)
    return () => void tells.delete(tell)
  }
  const gone = new AbortController()
  const lines = taskChanges({ onRecord }, gone.signal)
  const next = async () => (await lines.next()).value?.toString()
  expect(await next()).toBe('{"changes":0}\n')
  const second = next()
  for (let i = 0; i < 1000; i += 1) for (const tell of tells) tell()
  expect(await second).toBe('{"changes":1}\n')
  const third = lines.next()
  gone.abort()
  expect((await third).done).toBe(true)
  expect(tells.size).toBe(0)
})

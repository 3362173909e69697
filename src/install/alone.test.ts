import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { fileLock } from '../std/file-lock.ts'
import { alone } from './alone.ts'

test('what is made under a lock waits for its end, and leaves no lock', async () => {
  using folder = temporaryFolder()
  const path = folder.at('lock')
  const done: string[] = []
  const other = fileLock(path)
  const made = alone(path, undefined, async () => {
    done.push('made')
  })
  await Promise.resolve()
  done.push('other over')
  other?.[Symbol.dispose]()
  await made
  expect([done, existsSync(path)]).toEqual([['other over', 'made'], false])
})

test('an error leaves no lock, and a signal ends the wait', async () => {
  using folder = temporaryFolder()
  const path = folder.at('lock')
  await expect(alone(path, undefined, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(existsSync(path)).toBe(false)
  using _other = fileLock(path)
  const waiting = alone(path, AbortSignal.abort(), async () => {})
  await expect(waiting).rejects.toThrow('aborted')
})

import { expect, test } from 'vitest'
import type { Journal, Store } from '../store/store.ts'
import { liveTask } from './live-task.ts'

const live = () => {
  const journal = { read: () => [], seq: 0, path: '' } as unknown as Journal
  return liveTask({
    id: 't-one',
    folder: '/nonexistent',
    journal,
    store: {} as Store,
    record: undefined,
    onChange: () => {},
    hooks: { states: () => new Set(), due: () => {} },
  })
}

test('lost surroundings are not waited for where the turn was stopped before', async () => {
  await expect(live().provided(AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped')
})

test('nor any longer when it is stopped meanwhile', async () => {
  const abort = new AbortController()
  const waiting = live().provided(abort.signal)
  abort.abort(new Error('stopped'))
  await expect(waiting).rejects.toThrow('stopped')
})

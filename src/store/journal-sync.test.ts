import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'

type Done = (error: Error | null) => void
const syncs = vi.hoisted((): { list: Done[] } => ({ list: [] }))
vi.mock('node:fs', async (original) => ({
  ...(await original<typeof import('node:fs')>()),
  fdatasync: (_: number, done: Done) => void syncs.list.push(done),
}))

const { openJournal } = await import('./journal.ts')

const opened = () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-sync-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const journal = openJournal(join(folder, 'events.jsonl'))
  syncs.list = []
  const note = (text: string) => journal.append([{ type: 'notice', level: 'info', text }])
  const end = () => {
    journal.close()
  }
  return { journal, note, end }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('each of several that wait is told only after a sync that began behind its own write', async () => {
  const { journal, note, end } = opened()
  const told: string[] = []
  for (const text of ['a', 'b', 'c']) {
    note(text)
    void journal.sync().then(() => told.push(text))
  }
  syncs.list[0]?.(null)
  await turn()
  expect([told, syncs.list.length]).toEqual([['a'], 2])
  syncs.list[1]?.(null)
  await turn()
  expect(told).toEqual(['a', 'b', 'c'])
  end()
})

test('what could not be synced is synced by the next that asks', async () => {
  const { journal, note, end } = opened()
  note('a')
  const first = journal.sync()
  syncs.list[0]?.(new Error('no space'))
  await expect(first).rejects.toThrow('no space')
  const second = journal.sync()
  expect(syncs.list.length).toBe(2)
  syncs.list[1]?.(null)
  await second
  end()
})

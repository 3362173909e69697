import { appendFileSync, readFileSync, statSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import type { UsedTask } from '../domain/used-task.ts'
import { usageLedger } from './ledger.ts'

const used = (id: string, inputTokens: number): UsedTask => ({
  id,
  labels: { team: 'blue' },
  provider: { id: 'codex', model: null },
  models: [{ model: 'big', usage: { inputTokens, cachedTokens: 0, outputTokens: 1, reasoningTokens: 0 } }],
  turns: [
    {
      turn: 1,
      startedAt: '2026-01-02T10:00:00.000Z',
      endedAt: null,
      usage: { inputTokens, cachedTokens: 0, outputTokens: 1, reasoningTokens: 0 },
    },
  ],
})
const fresh = () => {
  const folder = temporaryFolder('berth-ledger-')
  onTestFinished(() => folder[Symbol.dispose]())
  const path = folder.at('usage.jsonl')
  return { path, ledger: usageLedger(path) }
}

test('one row a task, the last of it, for the eyes of its owner alone', () => {
  const { path, ledger } = fresh()
  expect(ledger.read()).toEqual([])
  for (const row of [used('t-1', 5), used('t-2', 7), used('t-1', 6)]) ledger.add(row)
  expect(usageLedger(path).read()).toEqual([used('t-1', 6), used('t-2', 7)])
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('a line that was torn by a kill spoils no other', () => {
  const { path, ledger } = fresh()
  ledger.add(used('t-1', 5))
  appendFileSync(path, '{"v":1,"id":"t-9","tur')
  expect(ledger.read()).toEqual([used('t-1', 5)])
  ledger.add(used('t-2', 7))
  appendFileSync(path, 'null\n{"v":2,"id":"t-3","turns":[]}\n')
  expect(ledger.read()).toEqual([used('t-1', 5), used('t-2', 7)])
  expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(6)
})

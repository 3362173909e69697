import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { defaultConcurrency } from '../config/default-concurrency.ts'
import { queueCheck } from './queue-check.ts'

test('doctor names the limit of the queue and its reason', () => {
  using folder = temporaryFolder()
  const configFile = folder.at('config.toml')
  const details = (toml: string, env: Readonly<Record<string, string>> = {}) => {
    writeFileSync(configFile, toml)
    return queueCheck({ env, paths: { configFile } }).map(({ ok, detail }) => ({ ok, detail }))
  }
  const { most, because } = defaultConcurrency()
  const byDefault = { ok: true, detail: `at most ${most === 1 ? 'one turn' : `${most} turns`} at once (${because})` }
  expect(details('')).toEqual([byDefault])
  expect(details('concurrency = 7')).toEqual([{ ok: true, detail: `at most 7 turns at once (set by ${configFile}:1)` }])
  expect(details('concurrency = 7', { BERTH_CONCURRENCY: '1' })).toEqual([
    { ok: true, detail: 'at most one turn at once (set by env BERTH_CONCURRENCY)' },
  ])
  // A file that cannot be read has a check of its own.
  expect(details('memory = 3.5x')).toEqual([byDefault])
})

import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { sandboxCheck } from './sandbox-check.ts'

const GIB = 1024 ** 3

test('doctor says whether sandboxes are pre-started, how many wait, and where memory is too little', () => {
  using folder = temporaryFolder()
  const configFile = folder.at('config.toml')
  const detail = (toml: string, waiting: number, available = 8 * GIB, env: Readonly<Record<string, string>> = {}) => {
    writeFileSync(configFile, toml)
    return sandboxCheck({ env, paths: { configFile } }, { waiting, available }).map((one) => one.detail)
  }
  const rule = 'on: one for each kind of task that came twice in 10m, at most 2'
  expect(detail('', 0)).toEqual([`${rule}; none waits`])
  expect(detail('', 1)).toEqual([`${rule}; 1 waits`])
  expect(detail('', 2, 2 * GIB)).toEqual([`${rule}; 2 wait`])
  expect(detail('', 0, 1.5 * GIB)).toEqual([
    'on, but Berth starts none now: 1.5 GiB of memory is available, and 2 GiB is needed; none waits',
  ])
  expect(detail('pool = 0', 0)).toEqual([`off (set by ${configFile}:1); none waits`])
  expect(detail('pool = 0', 3, GIB, { BERTH_POOL: '3' })).toEqual([
    '3 for each kind of task (set by env BERTH_POOL); 3 wait',
  ])
})

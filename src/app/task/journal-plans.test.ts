import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import { isHalf } from './journal-plans.ts'

test('a begun journal, and what is written before its first event, is half a task; anything else is one', () => {
  using folder = temporaryFolder()
  const { journal, files, named, record } = taskPaths(folder.path)
  for (const path of [journal, files, named]) {
    writeFileSync(path, '')
    expect(isHalf(folder.path)).toBe(true)
  }
  writeFileSync(record, '')
  expect(isHalf(folder.path)).toBe(false)
})

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { warmUp } from './warm-up.ts'

test('nothing of it is left, and a folder that is not there is no matter', async () => {
  using folder = temporaryFolder()
  const children = () => readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').length
  const before = children()
  await warmUp(folder.at('nowhere'))
  expect(children()).toBe(before)
})

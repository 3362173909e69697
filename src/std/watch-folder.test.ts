import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { watchFolder } from './watch-folder.ts'

const NEVER_MS = 1e9

test('each change is told with the name of its file', async () => {
  using folder = temporaryFolder()
  const told: string[] = []
  using _ = watchFolder(folder.path, (name, kind) => told.push(`${kind} ${name}`), NEVER_MS)
  writeFileSync(folder.at('a'), '')
  await expect.poll(() => told).toContain('rename a')
  appendFileSync(folder.at('a'), 'more')
  await expect.poll(() => told).toContain('change a')
})

test('the end of the folder itself is told', async () => {
  using folder = temporaryFolder()
  mkdirSync(folder.at('sub'))
  let gone = false
  const look = () => {
    gone ||= !existsSync(folder.at('sub'))
  }
  using _ = watchFolder(folder.at('sub'), look, NEVER_MS)
  rmSync(folder.at('sub'), { recursive: true })
  await expect.poll(() => gone).toBe(true)
})

test('a folder that cannot be watched is looked at again and again, until the watch is disposed of', async () => {
  using folder = temporaryFolder()
  let looks = 0
  const watched = watchFolder(folder.at('absent'), () => (looks += 1), 1)
  await expect.poll(() => looks).toBeGreaterThan(2)
  watched[Symbol.dispose]()
  const before = looks
  let others = 0
  using _ = watchFolder(folder.at('absent'), () => (others += 1), 1)
  await expect.poll(() => others).toBeGreaterThan(2)
  expect(looks).toBe(before)
})

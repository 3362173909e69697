import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { removeTree } from './remove-tree.ts'

test('a tree goes, and what its links lead to stays', async () => {
  using folder = temporaryFolder()
  mkdirSync(folder.at('tree/locked/deep'), { recursive: true })
  mkdirSync(folder.at('other'), { mode: 0o755 })
  writeFileSync(folder.at('other/file'), 'x')
  symlinkSync(folder.at('other'), folder.at('tree/link'))
  chmodSync(folder.at('tree/locked/deep'), 0)
  chmodSync(folder.at('tree/locked'), 0)
  await removeTree(folder.at('tree'))
  expect(existsSync(folder.at('tree'))).toBe(false)
  expect(statSync(folder.at('other')).mode & 0o777).toBe(0o755)
  expect(existsSync(folder.at('other/file'))).toBe(true)
  await removeTree(folder.at('tree'))
})

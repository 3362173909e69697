import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { hasGit, isLinked } from './has-git.ts'

test('a folder or a file is a repository; a link that somebody may have planted is refused', () => {
  using folder = temporaryFolder()
  expect(hasGit(folder.path)).toBe(false)
  mkdirSync(folder.at('a/.git'), { recursive: true })
  mkdirSync(folder.at('b'))
  writeFileSync(folder.at('b/.git'), 'gitdir: ../a/.git\n')
  expect([hasGit(folder.at('a')), hasGit(folder.at('b'))]).toEqual([true, true])
  expect([isLinked(folder.path), isLinked(folder.at('a')), isLinked(folder.at('b'))]).toEqual([false, false, true])
  mkdirSync(folder.at('c'))
  symlinkSync('/etc', folder.at('c/.git'))
  expect(() => hasGit(folder.at('c'))).toThrow('neither a folder nor a file')
})

import { existsSync, mkdirSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { exactFolder } from './exact-folder.ts'
import { replaceInFolder } from './replace-in-folder.ts'

test('makes what is missing for its owner alone, and writes below it', () => {
  using top = temporaryFolder()
  replaceInFolder(top.at('a/b/c/file.json'), 'one')
  replaceInFolder(top.at('a/b/c/file.json'), 'two')
  expect(readdirSync(top.at('a/b/c'))).toEqual(['file.json'])
  expect([statSync(top.at('a/b')).mode & 0o777, statSync(top.at('a/b/c/file.json')).mode & 0o777]).toEqual([
    0o700, 0o600,
  ])
})

test('a link is not followed, wherever in the path it stands', () => {
  using top = temporaryFolder()
  mkdirSync(top.at('elsewhere/below'), { recursive: true })
  symlinkSync(top.at('elsewhere'), top.at('link'))
  mkdirSync(top.at('own'))
  symlinkSync(top.at('elsewhere'), top.at('own/last'))
  symlinkSync('/nowhere', top.at('own/nowhere'))
  writeFileSync(top.at('own/file'), '')
  for (const path of ['link/below', 'link/new/folder', 'own/last', 'own/last/new', 'own/nowhere', 'own/file'])
    expect(() => replaceInFolder(top.at(path, 'file.json'), 'x'), path).toThrow(/link|no folder/)
  expect(readdirSync(top.at('elsewhere'), { recursive: true })).toEqual(['below'])
})

test('a link in the place of the file is replaced, and so is one of the file that is written first', () => {
  using top = temporaryFolder()
  writeFileSync(top.at('other'), 'untouched')
  for (const name of ['file.json', '.file.json.tmp']) symlinkSync(top.at('other'), top.at(name))
  replaceInFolder(top.at('file.json'), 'x')
  expect(statSync(top.at('other')).size).toBe('untouched'.length)
  expect(readdirSync(top.path).toSorted()).toEqual(['file.json', 'other'])
})

test('a folder that is held open stays the same, whoever swaps what stands above', () => {
  using top = temporaryFolder()
  using held = exactFolder(top.at('a/b'))
  mkdirSync(top.at('trap/b'), { recursive: true })
  renameSync(top.at('a'), top.at('moved'))
  symlinkSync(top.at('trap'), top.at('a'))
  writeFileSync(held.at('file'), '')
  expect([existsSync(top.at('moved/b/file')), readdirSync(top.at('trap/b'))]).toEqual([true, []])
})

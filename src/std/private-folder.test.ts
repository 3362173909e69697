import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { makePrivateFolder } from './private-folder.ts'

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8)

test('makes a folder for its owner alone, also of one that is there', () => {
  using folder = temporaryFolder()
  makePrivateFolder(folder.at('a/secrets'), null)
  expect(modeOf(folder.at('a/secrets'))).toBe('700')
  mkdirSync(folder.at('open'))
  chmodSync(folder.at('open'), 0o777)
  const uid = process.getuid?.() ?? 0
  const gid = process.getgid?.() ?? 0
  makePrivateFolder(folder.at('open'), { uid, gid })
  expect([modeOf(folder.at('open')), statSync(folder.at('open')).uid]).toEqual(['700', uid])
})

test('takes no link and no file for the folder', () => {
  using folder = temporaryFolder()
  mkdirSync(folder.at('elsewhere'))
  chmodSync(folder.at('elsewhere'), 0o755)
  symlinkSync(folder.at('elsewhere'), folder.at('link'))
  writeFileSync(folder.at('file'), '')
  for (const name of ['link', 'file']) expect(() => makePrivateFolder(folder.at(name), null)).toThrow()
  expect(modeOf(folder.at('elsewhere'))).toBe('755')
})

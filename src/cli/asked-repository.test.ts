import { mkdirSync, symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { placeOf } from './asked-repository.ts'

test('a repository is the same one however its URL is written', () => {
  using folder = temporaryFolder()
  mkdirSync(folder.at('lib.git'))
  symlinkSync('lib.git', folder.at('link'))
  const local = [folder.at('lib.git'), `${folder.at('lib.git')}/`, `file://${folder.at('link')}`]
  expect(new Set(local.map(placeOf)).size).toBe(1)
  const remote = ['https://Host.example/team/lib.git', 'git@host.example:team/lib', 'ssh://git@host.example/team/lib/']
  expect(new Set(remote.map(placeOf))).toEqual(new Set(['host.example/team/lib']))
  expect(placeOf('https://host.example/team/other')).not.toBe(placeOf(remote[0] ?? ''))
})

import { mkdirSync, symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { Deps } from '../deps.ts'
import { refuseAround } from './refuse-around.ts'

test('a folder in which a named workspace lies is mounted for reading only', () => {
  using folder = temporaryFolder()
  mkdirSync(folder.at('a/w'), { recursive: true })
  symlinkSync(folder.at('a'), folder.at('link'))
  const record = (workspace: string, emptied = false, kind = 'clone') => ({ workspace, emptied, repository: { kind } })
  const refuse =
    (source: string, records: readonly object[], own?: string, readOnly = false) =>
    () =>
      refuseAround(
        { store: { list: () => records }, installation: { folders: { state: folder.at('state') } } } as unknown as Deps,
        { volumes: [{ source: folder.at(source), target: '/x', readOnly }] },
        own,
      )
  const words = `the workspace ${folder.at('a/w')} of a task lies in it`
  for (const source of ['a', 'a/w', 'link']) {
    expect(refuse(source, [record(folder.at('a/w'))])).toThrow(words)
    expect(refuse(source, [], folder.at('a/w'))).toThrow(words)
    expect(refuse(source, [record(folder.at('a/w'))], undefined, true)).not.toThrow()
  }
  const fine = [record(folder.at('a/w'), true), record(folder.at('a'), false, 'mount'), record(folder.at('b'))]
  expect(refuse('a', fine)).not.toThrow()
  mkdirSync(folder.at('state'))
  expect(refuse('state', [record(folder.at('state/tasks/t-1/workspace'))])).not.toThrow()
})

import { chownSync, lstatSync, mkdirSync, readlinkSync, statSync, symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { Plan } from '../../plan/plan.ts'
import { makeRepositoryFolders } from './repository-folders.ts'

const isRoot = process.getuid?.() === 0
const OWNER = { uid: 4242, gid: 4242 }

const scene = () => {
  const folder = temporaryFolder()
  const workspace = folder.at('workspace')
  mkdirSync(workspace)
  const clone = (name: string) => ({ kind: 'clone', folder: name })
  const plan = { source: clone('app'), further: [{ source: clone('lib') }], folders: { workspace }, owner: null }
  const make = (owner: Plan['owner'] = null) => makeRepositoryFolders({ ...plan, owner } as unknown as Plan)
  return { folder, make, at: (name: string) => folder.at('workspace', name) }
}

test('each repository has its folder, and a repetition changes nothing', async () => {
  const { folder, make, at } = scene()
  using _ = folder
  await make()
  await make()
  expect([statSync(at('app')).isDirectory(), statSync(at('lib')).isDirectory()]).toEqual([true, true])
})

test('a task with one repository has no such folder', async () => {
  const { folder, at } = scene()
  using _ = folder
  const plan = { source: { kind: 'clone' }, folders: { workspace: folder.at('workspace') }, owner: null }
  await makeRepositoryFolders(plan as unknown as Plan)
  expect(() => statSync(at('app'))).toThrow('ENOENT')
})

test.runIf(isRoot)('a folder that a killed launch left to root is given to the user', async () => {
  const { folder, make, at } = scene()
  using _ = folder
  mkdirSync(at('app'))
  await make(OWNER)
  expect([statSync(at('app')).uid, statSync(at('lib')).uid]).toEqual([4242, 4242])
})

test.runIf(isRoot)('a link that an agent put in its place leads nowhere', async () => {
  const { folder, make, at } = scene()
  using _ = folder
  mkdirSync(folder.at('mine'))
  chownSync(folder.at('mine'), 0, 0)
  symlinkSync(folder.at('mine'), at('lib'))
  await make(OWNER)
  expect([readlinkSync(at('lib')), lstatSync(at('lib')).uid]).toEqual([folder.at('mine'), 0])
  expect(statSync(folder.at('mine')).uid).toBe(0)
})

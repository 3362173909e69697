import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { removeNamedWorkspace } from '../../app/task/remove-named.ts'
import type { Plan } from '../../plan/plan.ts'
import { makeNamed } from './named-folder.ts'

let folder: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  folder = temporaryFolder()
  mkdirSync(folder.at('task'))
})
afterEach(() => folder[Symbol.dispose]())

const makeIt = (workspace = folder.at('a/b')) =>
  makeNamed({ task: 't-1', folders: { task: folder.at('task'), workspace } as Plan['folders'] })

test('the folder is made with what it lies in, found again, and removed with the task alone', async () => {
  await makeIt()
  writeFileSync(folder.at('a/b/file'), 'x')
  await makeIt()
  expect(JSON.parse(readFileSync(folder.at('task/workspace.json'), 'utf8'))).toMatchObject({
    path: folder.at('a/b'),
    made: true,
  })
  await removeNamedWorkspace(folder.at('task'))
  expect([existsSync(folder.at('a')), existsSync(folder.at('a/b'))]).toEqual([true, false])
  await removeNamedWorkspace(folder.at('task'))
})

test('a folder that was there is emptied, and stays', async () => {
  mkdirSync(folder.at('mine'))
  await makeIt(folder.at('mine'))
  mkdirSync(folder.at('mine/deep/er'), { recursive: true })
  await removeNamedWorkspace(folder.at('task'))
  expect([existsSync(folder.at('mine')), existsSync(folder.at('mine/deep'))]).toEqual([true, false])
})

test("somebody else's folder in its place is neither used nor removed", async () => {
  await makeIt()
  renameSync(folder.at('a/b'), folder.at('a/c'))
  mkdirSync(folder.at('a/b'))
  writeFileSync(folder.at('a/b/theirs'), '')
  await expect(makeIt()).rejects.toThrow('somebody put another folder there')
  await removeNamedWorkspace(folder.at('task'))
  expect(existsSync(folder.at('a/b/theirs'))).toBe(true)
})

test('a link on the way, and files that came meanwhile, are refused', async () => {
  mkdirSync(folder.at('real'))
  symlinkSync(folder.at('real'), folder.at('link'))
  await expect(makeIt(folder.at('link/w'))).rejects.toThrow(`it is really ${folder.at('real/w')}`)
  mkdirSync(folder.at('full'))
  writeFileSync(folder.at('full/file'), '')
  await expect(makeIt(folder.at('full'))).rejects.toThrow('meanwhile somebody put files there')
  expect(existsSync(folder.at('task/workspace.json'))).toBe(false)
})

test('a folder that was deleted is made again, but not what it lay in', async () => {
  await makeIt()
  rmSync(folder.at('a/b'), { recursive: true })
  await makeIt()
  expect(existsSync(folder.at('a/b'))).toBe(true)
  rmSync(folder.at('a'), { recursive: true })
  await expect(makeIt()).rejects.toThrow(`${folder.at('a')} is not there`)
})

import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { elsewhere, folderBytes, missingBase, removeFolder, usedBytes, workspaceIn } from './work-folder.ts'

const ID = 't-01k0000000abcdefgh'
const MIB = 1024 * 1024

const scene = (name = ID) => {
  const folder = temporaryFolder()
  const base = folder.at('base')
  const work = `${base}/${ID}`
  const state = folder.at('state')
  const task = name === ID ? `${state}/tasks/${ID}` : `${state}/${name}`
  mkdirSync(`${work}/workspace`, { recursive: true })
  mkdirSync(task, { recursive: true })
  mkdirSync(`${state}/tasks`, { recursive: true })
  writeFileSync(`${work}/workspace/big`, Buffer.alloc(MIB, 'x'))
  return { folder, base, work, state, task, point: (to: string) => writeFileSync(`${task}/place`, to) }
}

test('the workspace lies beside the other files, unless the file `place` names another folder', () => {
  using own = scene().folder
  const { work, task, point, base } = scene()
  expect(existsSync(own.path)).toBe(true)
  expect([elsewhere(task), workspaceIn(task), missingBase(task)]).toEqual([null, `${task}/workspace`, null])
  point(work)
  expect([elsewhere(task), workspaceIn(task), missingBase(task)]).toEqual([work, `${work}/workspace`, null])
  point(`${base}-gone/${ID}`)
  expect(missingBase(task)).toBe(`${base}-gone`)
})

test.each([ID, `trash-${ID}`])(
  '%s is removed with the workspace that lies elsewhere, and nothing else is',
  async (name) => {
    const { folder, base, work, task, point } = scene(name)
    using _ = folder
    mkdirSync(`${base}/t-01k0000000zzzzzzzz/workspace`, { recursive: true })
    point(work)
    await removeFolder(task)
    expect([existsSync(task), readdirSync(base)]).toEqual([false, ['t-01k0000000zzzzzzzz']])
    await removeFolder(task)
  },
)

test.each(['/', '/etc', 'relative', '', `/x/${ID}/workspace`])(
  'a `place` that says %j names no folder',
  async (text) => {
    const { folder, work, task, point } = scene()
    using _ = folder
    point(text)
    expect(elsewhere(task)).toBeNull()
    await removeFolder(task)
    expect([existsSync(task), existsSync(work)]).toEqual([false, true])
  },
)

test('a link in the place of the workspace is removed itself, and nothing behind it', async () => {
  const { folder, base, task, point } = scene()
  using _ = folder
  mkdirSync(`${base}/victim`)
  writeFileSync(`${base}/victim/file`, 'x')
  const work = folder.at(`links/${ID}`)
  mkdirSync(folder.at('links'))
  symlinkSync(`${base}/victim`, work)
  point(work)
  await removeFolder(task)
  expect([readdirSync(folder.at('links')), readdirSync(`${base}/victim`)]).toEqual([[], ['file']])
})

test('the bytes of the workspace count for its task and for the state folder, also from the trash', async () => {
  for (const name of [ID, `trash-${ID}`]) {
    const { folder, work, state, task, point } = scene(name)
    using _ = folder
    const [alone, before] = [await folderBytes(task), await usedBytes(state)]
    point(work)
    expect(await folderBytes(task)).toBeGreaterThanOrEqual(alone + MIB)
    expect(await usedBytes(state)).toBeGreaterThanOrEqual(before + MIB)
  }
})

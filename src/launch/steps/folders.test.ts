import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { LaunchDeps } from '../deps.ts'
import { makeFolders } from './folders.ts'

const ID = 't-01k0000000abcdefgh'

const scene = (more: object = {}) => {
  const folder = temporaryFolder()
  const task = folder.at('state', 'tasks', ID)
  const work = folder.at('base', ID)
  mkdirSync(task, { recursive: true })
  const folders = {
    task,
    workspace: `${work}/workspace`,
    layer: `${work}/layer`,
    home: `${task}/home`,
    exchange: `${task}/exchange/1-1`,
    socket: folder.at('run', 'g', ID),
  }
  const launch = () =>
    makeFolders({
      plan: { task: ID, folders, owner: null, source: { kind: 'none' }, container: { mounts: [] }, steps: [], ...more },
    } as unknown as LaunchDeps)
  return { folder, task, work, launch }
}

test('a workspace elsewhere lies, with its layer, in a folder for the host alone, which the task names', async () => {
  const { folder, task, work, launch } = scene()
  using _ = folder
  mkdirSync(folder.at('base'))
  await launch()
  expect(readFileSync(`${task}/place`, 'utf8')).toBe(work)
  expect(statSync(work).mode & 0o777).toBe(0o700)
  expect([existsSync(`${work}/workspace`), existsSync(`${work}/layer`), existsSync(`${task}/workspace`)]).toEqual([
    true,
    true,
    false,
  ])
})

test.each<[string, object, boolean]>([
  ['of a task with a token inside is there before the container', { tokenInside: {} }, true],
  ['of a task with a copy of an ssh key, too', { sshKeyInside: true }, true],
  ['is made for no other task', {}, false],
])('the folder of a token %s', async (_, more, isThere) => {
  const { folder, launch } = scene(more)
  using _folder = folder
  mkdirSync(folder.at('base'))
  await launch()
  expect(existsSync(folder.at('run', 'secrets', ID))).toBe(isThere)
})

test('a second launch keeps what the first one left, wherever that one was killed', async () => {
  const { folder, task, work, launch } = scene()
  using _ = folder
  mkdirSync(folder.at('base'))
  await launch()
  writeFileSync(`${work}/workspace/file`, 'x')
  rmSync(`${task}/place`)
  await launch()
  expect([readFileSync(`${task}/place`, 'utf8'), readFileSync(`${work}/workspace/file`, 'utf8')]).toEqual([work, 'x'])
})

test('the folder that workspaces lie in is not made: its disk may be gone', async () => {
  const { folder, launch } = scene()
  using _ = folder
  await expect(launch()).rejects.toMatchObject({
    code: 'state-not-writable',
    message: expect.stringContaining(`its workspace ${folder.at('base', ID)} could not be made`),
  })
  expect(existsSync(folder.at('base'))).toBe(false)
})

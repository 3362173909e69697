import { mkdir, mkdtemp, readdir, readlink, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { contentHash } from './content-hash.ts'
import { linkTree } from './link-tree.ts'
import { locateToolbox } from './locate-toolbox.ts'
import { prune } from './prune.ts'
import { writeOverride } from './toolbox-override.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-toolbox-files-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const put = async (path: string, text: string) => {
  await mkdir(join(folder, path, '..'), { recursive: true })
  await writeFile(join(folder, path), text)
}

test('a tree is linked, not copied, with its symlinks as they are', async () => {
  await put('from/sub/a', 'text')
  await symlink('sub/a', join(folder, 'from/link'))
  await linkTree(join(folder, 'from'), join(folder, 'to'))
  expect((await stat(join(folder, 'to/sub/a'))).ino).toBe((await stat(join(folder, 'from/sub/a'))).ino)
  expect(await readlink(join(folder, 'to/link'))).toBe('sub/a')
})

test('a hash is of names and contents', async () => {
  await put('x/a', '1')
  await put('x/b', '2')
  const before = contentHash(folder, ['x'])
  expect(before).toMatch(/^[0-9a-f]{12}$/)
  expect(contentHash(folder, ['x'])).toBe(before)
  expect(contentHash(folder, ['x'], ['more'])).not.toBe(before)
  await put('x/b', '3')
  expect(contentHash(folder, ['x'])).not.toBe(before)
})

test('the first folder with a finished toolbox is taken', async () => {
  await put('two/toolbox/0123456789ab/manifest.json', JSON.stringify({ hash: '0123456789ab' }))
  await mkdir(join(folder, 'one/toolbox/0123456789ab'), { recursive: true })
  const dirs = [join(folder, 'one'), join(folder, 'two')]
  expect((await locateToolbox(dirs, '0123456789ab'))?.path).toBe(join(folder, 'two/toolbox/0123456789ab'))
  expect(await locateToolbox(dirs, 'ffffffffffff')).toBeUndefined()
})

test('old toolboxes and cached parts go; the newest three, the current one and the young stay', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => letter.repeat(12))
  for (const [index, name] of names.entries()) {
    const path = join(folder, 'toolbox', name)
    await mkdir(path, { recursive: true })
    const hours = index + 2
    const then = new Date(Date.now() - hours * 3_600_000)
    await utimes(path, then, then)
  }
  await put('cache/npm-old/x', '1')
  await put('cache/npm-young/x', '1')
  await put('cache/npm-111111111111/x', '1')
  const long = new Date(Date.now() - 7_200_000)
  for (const name of ['npm-old', 'npm-111111111111']) await utimes(join(folder, 'cache', name), long, long)
  const recipe = { image: '0', npm: '111111111111', system: '0' }
  const work = { root: folder, install: folder, read: [folder], env: {}, progress: () => {}, names: recipe }
  await prune(work, 'ffffffffffff')
  expect((await readdir(join(folder, 'toolbox'))).sort()).toEqual(['a', 'b', 'c', 'f'].map((x) => x.repeat(12)))
  expect((await readdir(join(folder, 'cache'))).sort()).toEqual(['npm-111111111111', 'npm-young'])
})

test('a toolbox that stands in for another one stays, with the packages it was made from', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'].map((letter) => letter.repeat(12))
  const long = new Date(Date.now() - 7_200_000)
  for (const name of names) await put(`toolbox/${name}/manifest.json`, '{}')
  for (const name of names) await utimes(join(folder, 'toolbox', name), long, long)
  for (const version of ['1.0.0', '2.0.0']) await put(`cache/cli-codex-${version}/x`, '1')
  for (const version of ['1.0.0', '2.0.0']) await utimes(join(folder, 'cache', `cli-codex-${version}`), long, long)
  for (const hash of names)
    if (hash !== names[4]) await writeOverride(folder, hash, { toolbox: names[4] ?? '', agents: { codex: '2.0.0' } })
  const work = { root: folder, install: folder, read: [folder], env: {}, progress: () => {} }
  await prune({ ...work, names: { image: '0', npm: '1', system: '0' } }, names[0] ?? '')
  const left = await readdir(join(folder, 'toolbox'))
  expect(left).toContain('e'.repeat(12))
  expect(left).toContain('overrides.json')
  expect(left.length).toBeLessThan(6)
  expect(await readdir(join(folder, 'cache'))).toEqual(['cli-codex-2.0.0'])
})

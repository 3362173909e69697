import { lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { unpackTar } from './unpack-tar.ts'

/** Made by GNU tar: test/fixtures/tar/record.sh. */
const ARCHIVES = join(import.meta.dirname, '../../test/fixtures/tar')
const LONG = 'a-long-name-'.repeat(11)
const never = new AbortController().signal

const unpacked = async (archive: string, links = true) => {
  const folder = temporaryFolder()
  try {
    await unpackTar(archive, folder.path, never, { links })
    return folder
  } catch (error) {
    folder[Symbol.dispose]()
    throw error
  }
}

/** Each path below a folder, its bytes one a character: what is there, with mode, content or target. */
const listing = (top: string): Readonly<Record<string, string>> => {
  const bytes = (path: string) => Buffer.from(join(top, path), 'latin1')
  const below = (path: string): readonly (readonly [string, string])[] =>
    readdirSync(bytes(path), 'latin1').flatMap((name) => {
      const at = path === '' ? name : `${path}/${name}`
      const stats = lstatSync(bytes(at))
      if (stats.isSymbolicLink()) return [[at, `link ${readlinkSync(bytes(at))}`] as const]
      if (stats.isDirectory()) return [[at, 'folder'] as const, ...below(at)]
      return [[at, `${(stats.mode & 0o777).toString(8)} ${readFileSync(bytes(at), 'utf8')}`] as const]
    })
  return Object.fromEntries(below(''))
}

const TREE = {
  tree: 'folder',
  'tree/empty': 'folder',
  'tree/plain': '644 plain\n',
  'tree/same': '644 plain\n',
  'tree/program': '755 #!/bin/sh\n',
  'tree/caf\xe9': '644 latin\n',
  [`tree/${LONG}`]: 'folder',
  [`tree/${LONG}/${LONG}`]: 'folder',
  [`tree/${LONG}/${LONG}/${Buffer.from('é.txt').toString('latin1')}`]: '644 deep\n',
}
const LINKS = { 'tree/link': 'link plain', 'tree/far': `link ${LONG}/${LONG}/${LONG}` }

test.each(['gnu.tar', 'pax.tar'])('%s: long names, bytes that are no UTF-8, links, modes; no pipe', async (name) => {
  using folder = await unpacked(join(ARCHIVES, name))
  expect(listing(folder.path)).toEqual({ ...TREE, ...LINKS })
  expect(lstatSync(folder.at('tree/same')).ino).toBe(lstatSync(folder.at('tree/plain')).ino)
})

test.each(['gnu.tar', 'pax.tar'])('%s without links: files and folders alone', async (name) => {
  using folder = await unpacked(join(ARCHIVES, name), false)
  const { 'tree/same': _, ...files } = TREE
  expect(listing(folder.path)).toEqual(files)
})

test('ustar.tar: a name in two fields', async () => {
  using folder = await unpacked(join(ARCHIVES, 'ustar.tar'))
  const part = `short/${'part-of-a-path-'.repeat(6)}`
  expect(listing(folder.path)).toEqual({
    short: 'folder',
    [part]: 'folder',
    [`${part}/a-name-that-is-split`]: '644 split\n',
  })
})

test.each(['sparse-gnu.tar', 'sparse-pax.tar'])('%s: refused, since its bytes are a map and pieces', async (name) => {
  await expect(unpacked(join(ARCHIVES, name))).rejects.toThrow(/hole: it is a sparse file/)
})

test.each(['gnu.tar', 'pax.tar'])('%s with the size of its file made negative: refused', async (name) => {
  using folder = temporaryFolder()
  const archive = readFileSync(join(ARCHIVES, name))
  // The entry whose data this is: its header is the block before.
  const size = archive.indexOf('plain\n') - 512 + 124
  Buffer.alloc(12, 0xff).copy(archive, size)
  writeFileSync(folder.at('a.tar'), archive)
  await expect(unpacked(folder.at('a.tar'))).rejects.toThrow(/plain": the archive gives it the size/)
})

test.each(['gnu.tar', 'pax.tar', 'ustar.tar'])('%s cut off at any block: refused', async (name) => {
  using folder = temporaryFolder()
  const archive = readFileSync(join(ARCHIVES, name))
  const end = archive.length - 1024
  for (let bytes = 512; bytes < end; bytes += 512) {
    writeFileSync(folder.at('a.tar'), archive.subarray(0, bytes))
    await expect(unpacked(folder.at('a.tar'))).rejects.toThrow(/cut off/)
  }
})

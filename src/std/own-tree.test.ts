import { execFileSync } from 'node:child_process'
import { lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { deepTree } from '../../test/fixtures/deep-tree.ts'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { ownTree } from './own-tree.ts'

const ownerOf = (path: string | Buffer) => {
  const { uid, gid } = lstatSync(path)
  return `${uid}:${gid}`
}

test.runIf(userInfo().uid === 0)('everything in a tree is given away, links and not what they lead to', () => {
  using folder = temporaryFolder()
  const top = join(folder.path, 'top')
  const odd = Buffer.concat([Buffer.from(`${top}/`), Buffer.from([0xff, 0x2e])])
  for (const path of ['', 'a', 'a/b', 'a/c', 'd']) mkdirSync(join(top, path))
  mkdirSync(odd)
  for (const path of ['a/b/file', 'd/file', '../outside']) writeFileSync(join(top, path), '')
  symlinkSync('../../outside', join(top, 'a/link'))
  ownTree(top, { uid: 4242, gid: 4343 })
  const all = ['', 'a', 'a/b', 'a/c', 'd', 'a/b/file', 'd/file', 'a/link'].map((path) => join(top, path))
  expect([...all, odd].map(ownerOf)).toEqual(Array(9).fill('4242:4343'))
  expect(ownerOf(join(folder.path, 'outside'))).toBe('0:0')
})

test.runIf(userInfo().uid === 0)(
  'a path that is too long for the kernel, and more folders than files may be open',
  () => {
    using folder = temporaryFolder()
    deepTree(folder.path, 3000)
    const others = () => execFileSync('find', [folder.path, '!', '-uid', '4242', '-printf', '.']).length
    expect(others()).toBe(3002)
    ownTree(folder.path, { uid: 4242, gid: 4242 })
    expect(others()).toBe(0)
  },
)

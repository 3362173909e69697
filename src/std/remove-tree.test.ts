import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { expect, test } from 'vitest'
import { deepTree } from '../../test/fixtures/deep-tree.ts'
import { SWAP_MS, swapper, swapRounds } from '../../test/fixtures/swapper.ts'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { cleanHome } from './clean-home.ts'
import { removeTree } from './remove-tree.ts'
import { treeBytes } from './tree-bytes.ts'

/** In memory where there is such a place: what is looked at is our time, and not a disk's. */
const inMemory = () => temporaryFolder('berth-test-', existsSync('/dev/shm') ? '/dev/shm' : undefined)

test('a tree goes, and what its links lead to stays', async () => {
  using folder = temporaryFolder()
  mkdirSync(folder.at('tree/locked/deep'), { recursive: true })
  mkdirSync(folder.at('other'), { mode: 0o755 })
  writeFileSync(folder.at('other/file'), 'x')
  symlinkSync(folder.at('other'), folder.at('tree/link'))
  chmodSync(folder.at('tree/locked/deep'), 0)
  chmodSync(folder.at('tree/locked'), 0)
  await removeTree(folder.at('tree'))
  expect(existsSync(folder.at('tree'))).toBe(false)
  expect(statSync(folder.at('other')).mode & 0o777).toBe(0o755)
  expect(existsSync(folder.at('other/file'))).toBe(true)
  await removeTree(folder.at('tree'))
})

test('a link, a file and names that are no text go', async () => {
  using folder = temporaryFolder()
  const name = Buffer.concat([Buffer.from(`${folder.path}/tree/`), Buffer.from([0xff, 0xfe])])
  mkdirSync(folder.at('tree'))
  mkdirSync(name)
  writeFileSync(Buffer.concat([name, Buffer.from('/'), Buffer.from([0xe9])]), 'x')
  symlinkSync(folder.at('tree'), folder.at('link'))
  await removeTree(folder.at('link'))
  expect(readdirSync(folder.at('tree')).length).toBe(1)
  await removeTree(folder.at('tree'))
  expect(readdirSync(folder.path)).toEqual([])
})

test.each([
  ['20,000 levels', 20_000, 'd'],
  ['a path of 300 KB', 1_200, 'n'.repeat(255)],
] as const)(
  '%s: counted and removed, in time that grows with the tree',
  async (_, levels, name) => {
    using folder = inMemory()
    mkdirSync(folder.at('tree'))
    deepTree(folder.at('tree'), levels, name)
    mkdirSync(folder.at('flat'))
    const wide = levels / 10
    for (let i = 0; i < wide; i += 1) mkdirSync(folder.at('flat', String(i)))
    const took = async (use: () => Promise<unknown>): Promise<number> => {
      const began = performance.now()
      await use()
      return performance.now() - began
    }
    writeFileSync(folder.at('large'), 'x'.repeat(100_000))
    renameSync(folder.at('large'), folder.at('tree/large'))
    expect(await treeBytes(folder.at('tree'))).toBeGreaterThanOrEqual(100_000)
    const counting = [
      await took(() => treeBytes(folder.at('tree'))),
      await took(() => treeBytes(folder.at('flat'))),
    ] as const
    const removing = [
      await took(() => removeTree(folder.at('tree'))),
      await took(() => removeTree(folder.at('flat'))),
    ] as const
    expect(readdirSync(folder.path)).toEqual([])
    // Time with the square of the depth would be thousands of times that of as many folders side by side, of which there are a tenth here.
    for (const [deep, flat] of [counting, removing]) expect(deep / flat).toBeLessThan(300)
  },
  120_000,
)

test('a home with a deep tree is cleaned, and what is kept of it stays', async () => {
  using folder = inMemory()
  mkdirSync(folder.at('home/.agent/sessions'), { recursive: true })
  mkdirSync(folder.at('home/.agent/other'))
  deepTree(folder.at('home/.agent/other'), 5_000)
  deepTree(folder.at('home/.agent/sessions'), 5_000)
  symlinkSync(folder.path, folder.at('home/.cache'))
  await cleanHome(folder.at('home'), ['.agent/sessions', '.cache/x'])
  expect([readdirSync(folder.at('home')), readdirSync(folder.at('home/.agent'))]).toEqual([['.agent'], ['sessions']])
  expect(readdirSync(folder.at('home/.agent/sessions'))).toEqual(['d'])
})

test(
  'links that are swapped in while a tree is counted, cleaned and removed lead nowhere',
  async () => {
    using folder = temporaryFolder()
    mkdirSync(folder.at('outside'))
    const names = Array.from({ length: 50 }, (_, i) => `file-${i}`)
    for (const name of names) writeFileSync(folder.at('outside', name), 'x'.repeat(100_000))
    mkdirSync(folder.at('base/below'), { recursive: true })
    await using swaps = await swapper(folder.at('outside'), folder.at('base'))
    for (const round of swapRounds(20)) {
      // One file of the folder outside has more than all that is inside.
      expect(await treeBytes(folder.at('base'))).toBeLessThan(2_000_000)
      // What comes again and again may keep a folder from going.
      await cleanHome(folder.at('base'), ['below']).catch(() => {})
      if (round % 2 === 0) continue
      renameSync(folder.at('base'), folder.at('gone'))
      mkdirSync(folder.at('base/below'), { recursive: true })
      await removeTree(folder.at('gone'))
    }
    expect(swaps.swapping).toBe(true)
    expect(names.filter((name) => existsSync(folder.at('outside', name)))).toEqual(names)
  },
  SWAP_MS + 60_000,
)

test('an error has few words, however long the path is', async () => {
  using folder = temporaryFolder()
  const path = `${folder.at('none')}/${'m/'.repeat(3000)}`
  const error = await removeTree(path).catch((why: Error) => why)
  expect((error as Error).message.length).toBeLessThan(600)
})

import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { fileLock } from './file-lock.ts'

/** What another process gets. */
const elsewhere = (path: string): string => {
  const code = `import { fileLock } from ${JSON.stringify(join(import.meta.dirname, 'file-lock.ts'))}
console.log(fileLock(${JSON.stringify(path)}) === undefined ? 'taken' : 'free')`
  return spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }).stdout.trim()
}

test('one holds it, until it lets go', () => {
  using folder = temporaryFolder()
  const path = folder.at('lock')
  const held = fileLock(path)
  expect(elsewhere(path)).toBe('taken')
  held?.[Symbol.dispose]()
  expect(elsewhere(path)).toBe('free')
})

test.each(['', 'null\n', 'no lock, and longer than a header of SQLite would be\n'.repeat(40)])(
  'a file that is no lock is made one: %j',
  (text) => {
    using folder = temporaryFolder()
    const path = folder.at('lock')
    writeFileSync(path, text)
    using held = fileLock(path)
    expect(held).toBeDefined()
    expect(elsewhere(path)).toBe('taken')
  },
)

test('a file that its holder’s enemy writes over is still held', () => {
  using folder = temporaryFolder()
  const path = folder.at('lock')
  using held = fileLock(path)
  // By another process: one's own closing of the file would end the lock.
  spawnSync('sh', ['-c', 'echo null > "$0"', path])
  expect(held).toBeDefined()
  expect(elsewhere(path)).toBe('taken')
})

test('of processes which all find a file that is no lock, one at most gets it', async () => {
  using folder = temporaryFolder()
  const paths = Array.from({ length: 150 }, (_, i) => folder.at(`lock-${i}`))
  for (const path of paths) writeFileSync(path, 'no lock\n'.repeat(200))
  const begin = Date.now() + 1500
  // At each lock they meet again: it is the same instant for all.
  const code = `import { fileLock } from ${JSON.stringify(join(import.meta.dirname, 'file-lock.ts'))}
const held = ${JSON.stringify(paths)}.map((path, i) => {
  while (Date.now() < ${begin} + 4 * i);
  try {
    return fileLock(path) ?? null
  } catch (error) {
    return String(error)
  }
})
// What nobody refers to any more is closed, and its lock with it.
globalThis.held = held
console.log(JSON.stringify(held.map((one) => (one === null ? 'busy' : typeof one === 'string' ? one : 'held'))))
process.stdin.once('data', () => process.exit())`
  const all = [1, 2, 3].map(() => spawn(process.execPath, ['--input-type=module', '-e', code]))
  const word = ({ stdout }: (typeof all)[number]) =>
    new Promise<readonly string[]>((resolve) => stdout.once('data', (text) => resolve(JSON.parse(String(text)))))
  const said = await Promise.all(all.map(word))
  for (const { stdin } of all) stdin.end('over')
  const holders = paths.map((_, i) => said.filter((held) => held[i] === 'held').length)
  // Those who come in the very same instant may all be told that it is busy.
  expect(Math.max(...holders)).toBe(1)
  expect(holders.filter((one) => one === 1).length).toBeGreaterThan(paths.length / 2)
  expect(new Set(said.flat())).toEqual(new Set(['busy', 'held']))
})

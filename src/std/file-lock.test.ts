import { spawnSync } from 'node:child_process'
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

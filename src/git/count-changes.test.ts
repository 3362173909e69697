import { expect, test } from 'vitest'
import { countChanges, parseShortStat } from './count-changes.ts'
import type { Exec } from './exec.ts'
import { rawLfs } from './raw-lfs.ts'

test("reads git's own count", () => {
  expect(parseShortStat('')).toEqual({ files: 0, insertions: 0, deletions: 0 })
  expect(parseShortStat(' 1 file changed, 1 insertion(+)\n')).toEqual({ files: 1, insertions: 1, deletions: 0 })
  expect(parseShortStat(' 3 files changed, 10 insertions(+), 2 deletions(-)\n')).toEqual({
    files: 3,
    insertions: 10,
    deletions: 2,
  })
  expect(parseShortStat(' 2 files changed, 0 insertions(+), 0 deletions(-)\n')?.files).toBe(2)
  expect(parseShortStat('something else')).toBeUndefined()
})

test('git has a bound of memory wherever it reads all paths of a commit: a few trees can name billions', async () => {
  const bounds: (number | undefined)[] = []
  const exec: Exec = async (args, { maxMemory }) => {
    if (!args.includes('cat-file')) bounds.push(maxMemory)
    const stdout = args.includes('diff-tree')
      ? `:000000 100644 ${'0'.repeat(40)} ${'1'.repeat(40)} A\0a.bin\0`
      : '*.bin filter=lfs\n'
    return { end: 'exit', code: 0, signal: null, stdout: Buffer.from(stdout), stderr: '' }
  }
  const where = { publish: '/nonexistent', signal: AbortSignal.timeout(60_000) }
  await countChanges(exec, { ...where, from: '2'.repeat(40), to: '3'.repeat(40) })
  await rawLfs(exec, { ...where, base: '2'.repeat(40), head: '3'.repeat(40) })
  expect(bounds).toHaveLength(4)
  expect(bounds).not.toContain(undefined)
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SpawnResult } from '../std/spawn.ts'
import { diff } from './diff.ts'
import type { Exec, ExecOptions } from './exec.ts'

const [OLD, NEW] = ['1'.repeat(40), '2'.repeat(40)]
const GIB = 1024 ** 3
const ended = (stdout: string, more: Partial<SpawnResult> = {}): SpawnResult => ({
  ...{ code: 0, signal: null, stdout: Buffer.from(stdout), stderr: '', end: 'exit' },
  ...more,
})

test('git has a bound of memory and of output where it compares; beyond the output the diff is refused', async () => {
  const publish = mkdtempSync(join(tmpdir(), 'berth-diff-'))
  const bounds: ExecOptions[] = []
  const exec: Exec = async (args, options) => {
    if (args.includes('diff-tree')) return ended(`:100644 100644 ${OLD} ${NEW} M\0file\0`)
    if (args.includes('cat-file')) return ended('1\n1\n')
    bounds.push(options)
    return ended('', { code: null, signal: 'SIGXFSZ' })
  }
  try {
    const compared = diff(exec, { publish, from: OLD, to: NEW, stat: false })
    await expect(compared.next()).rejects.toMatchObject({
      code: 'not-allowed',
      message: expect.stringContaining('1 GiB'),
    })
    expect(bounds).toMatchObject([{ maxMemory: 2 * GIB, maxFile: GIB }])
  } finally {
    rmSync(publish, { recursive: true })
  }
})

import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { takeFile } from './take-file.ts'

test('a sparse file takes no more space when it is copied', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'take-file-'))
  try {
    const [from, to] = [join(folder, 'from'), join(folder, 'to')]
    writeFileSync(from, 'head')
    truncateSync(from, 24 * 1024 ** 2 + 3)
    writeFileSync(from, 'tail', { flag: 'a' })
    const size = 24 * 1024 ** 2 + 7
    expect(await takeFile({ from, to, maxBytes: size })).toBe(size)
    expect(readFileSync(to).equals(readFileSync(from))).toBe(true)
    expect(statSync(to).blocks * 512).toBeLessThan(4 * 1024 ** 2)
    expect(await takeFile({ from, to, maxBytes: size - 1 })).toContain('over the limit')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

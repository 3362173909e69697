import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { spawn } from '../../src/std/spawn.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const root = join(import.meta.dirname, '../..')

test('make demo: the real agent mends a repository, the commit arrives, nothing is left', async () => {
  using folder = temporaryFolder('berth-demo-test-')
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', TMPDIR: folder.path }
  const ran = await spawn(join(root, 'scripts/demo.sh'), [], { env, limitMs: 150_000 })
  const out = ran.stdout.toString()
  expect(ran.stderr.toString() + out).toContain('Now with your own key')
  expect(ran.code).toBe(0)
  expect(out).toContain('not ok 2 - ten pieces are a tenth cheaper')
  expect(out).toContain('    ok 2 - ten pieces are a tenth cheaper')
  expect(out).toContain('variables with the key: 0')
  expect(out).toContain('+  return pieces >= 10')
  expect(out).toMatch(/^\* [0-9a-f]{7,} fix the failing test$/m)
  expect(readdirSync(folder.path)).toEqual([])
})

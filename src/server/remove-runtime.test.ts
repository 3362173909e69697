import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { removeRuntime } from './remove-runtime.ts'

let base = ''
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'berth-runtime-'))
  for (const path of ['r/d', 'r/secrets/t-1', 'r/g/t-1']) mkdirSync(join(base, path), { recursive: true })
  writeFileSync(join(base, 'r/supervisor.sock'), '')
})
afterEach(() => rmSync(base, { recursive: true }))

test('removes the folder where no token daemon listens', async () => {
  await removeRuntime(join(base, 'r'))
  expect(readdirSync(base)).toEqual([])
  await removeRuntime(join(base, 'r'))
})

test('leaves a token daemon that somebody runs by itself its folders', async () => {
  writeFileSync(join(base, 'r/d/t-1'), '')
  await removeRuntime(join(base, 'r'))
  expect(readdirSync(join(base, 'r')).toSorted()).toEqual(['d', 'secrets'])
})

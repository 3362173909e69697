import { closeSync, existsSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { spawn } from './spawn.ts'

const MIB = 1024 ** 2
const limitMs = 60_000
const shell = (line: string, options: Partial<Parameters<typeof spawn>[2]> = {}) =>
  spawn('/bin/sh', ['-c', line], { env: { PATH: '/usr/bin:/bin' }, limitMs, ...options })

describe.runIf(existsSync('/usr/bin/prlimit') || existsSync('/bin/prlimit'))('a child with bounds', () => {
  test('gets no more memory, and says so itself', async () => {
    const line = 'dd if=/dev/zero of=/dev/null bs=200M count=1'
    expect(await shell(line)).toMatchObject({ end: 'exit', code: 0 })
    expect(await shell(line, { maxMemory: 100 * MIB })).toMatchObject({ end: 'exit', code: 1 })
  })

  test('writes no larger file', async () => {
    using folder = temporaryFolder('berth-spawn-')
    const line = `head -c ${4 * MIB} /dev/zero > ${folder.at('file')}`
    expect(await shell(line, { maxFile: MIB })).not.toMatchObject({ code: 0 })
    expect(statSync(folder.at('file')).size).toBe(MIB)
  })
})

test('a child is ended that writes more than is kept, or takes longer than it may', async () => {
  expect((await shell('yes', { maxBytes: MIB })).end).toBe('too-much-output')
  expect((await shell('sleep 600', { limitMs: 100 })).end).toBe('limit')
})

test('a child has further open files, though their names are gone', async () => {
  using folder = temporaryFolder('berth-spawn-')
  const file = openSync(folder.at('file'), 'wx+', 0o600)
  rmSync(folder.at('file'))
  writeSync(file, 'kept')
  expect((await shell('cat /dev/fd/3', { files: [file] })).stdout.toString()).toBe('kept')
  closeSync(file)
})

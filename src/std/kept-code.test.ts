import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'

const PROGRAM = 'exports.word = () => "first"; exports.where = __filename; exports.path = require("path").sep'

/** Runs the file in a process of its own that keeps its code; gives what it exports. */
const runIn = (folder: ReturnType<typeof temporaryFolder>, { keeps = true, flags = [] as readonly string[] } = {}) => {
  const code = `const { runKept } = await import(${JSON.stringify(join(import.meta.dirname, 'kept-code.ts'))})
const kept = ${JSON.stringify(folder.at('cache', 'code'))}
const { exports: it, keep } = runKept({ file: ${JSON.stringify(folder.at('p.cjs'))}, kept, uid: process.getuid() })
console.log(JSON.stringify([it.word(), it.where, it.path]))
if (${keeps}) keep?.()`
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, '--input-type=module', '-e', code], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  return JSON.parse(stdout) as readonly string[]
}

/** A folder with a program whose code is kept in the folder `cache` below it. */
const withProgram = () => {
  const folder = temporaryFolder()
  writeFileSync(folder.at('p.cjs'), PROGRAM)
  return { folder, kept: folder.at('cache', 'code'), [Symbol.dispose]: () => folder[Symbol.dispose]() }
}

test('a file runs as Node runs it, and its code is kept for its owner alone', () => {
  using place = withProgram()
  const { folder, kept } = place
  const first = runIn(folder)
  expect(first).toEqual(['first', folder.at('p.cjs'), '/'])
  expect([statSync(folder.at('cache')).mode & 0o777, statSync(kept).mode & 0o777]).toEqual([0o700, 0o600])
  const { ino } = statSync(kept)
  expect(runIn(folder)).toEqual(first)
  expect(statSync(kept).ino).toBe(ino)
})

test('kept code is used: V8 looks at nothing but the length of the file', () => {
  using place = withProgram()
  runIn(place.folder)
  writeFileSync(place.folder.at('p.cjs'), PROGRAM.replace('first', 'other'))
  expect(runIn(place.folder)[0]).toBe('first')
})

test('code that others could write, or that is not whole, is not used', () => {
  using place = withProgram()
  const { folder, kept } = place
  runIn(folder)
  const whole = readFileSync(kept)
  writeFileSync(folder.at('p.cjs'), PROGRAM.replace('first', 'other'))
  const spoils = [
    () => chmodSync(kept, 0o620),
    () => chmodSync(folder.at('cache'), 0o777),
    () => writeFileSync(kept, whole.subarray(0, -9)),
    () => writeFileSync(kept, Buffer.from(whole).fill(0, 300, 304)),
    () => writeFileSync(kept, ''),
  ]
  for (const spoil of spoils) {
    spoil()
    expect(runIn(folder)[0]).toBe('other')
    chmodSync(folder.at('cache'), 0o700)
    writeFileSync(kept, whole)
    chmodSync(kept, 0o600)
  }
})

test('code of other flags of V8 is replaced', () => {
  using place = withProgram()
  const { folder, kept } = place
  runIn(folder)
  const before = readFileSync(kept)
  expect(runIn(folder, { flags: ['--no-opt'] })[0]).toBe('first')
  expect(readFileSync(kept).equals(before)).toBe(false)
})

test('nothing is kept before it is asked for', () => {
  using place = withProgram()
  runIn(place.folder, { keeps: false })
  expect(existsSync(place.kept)).toBe(false)
})

test('what nobody has written for a month goes when code is kept', () => {
  using place = withProgram()
  const { folder } = place
  mkdirSync(folder.at('cache'), { mode: 0o700 })
  for (const name of ['old', 'young']) writeFileSync(folder.at('cache', name), '')
  const then = new Date(Date.now() - 31 * 86_400_000)
  utimesSync(folder.at('cache', 'old'), then, then)
  runIn(folder)
  expect(readdirSync(folder.at('cache')).sort()).toEqual(['code', 'young'])
})

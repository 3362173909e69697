import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { keepWorkerCode } from './keep-worker-code.ts'

const PROGRAM = 'const word = () => "first"; console.log(word(), __dirname, process.argv.length)'

/** A toolbox whose loader is a script: it starts this Node in place of the program it is given. */
const toolbox = (loader: string) => {
  const folder = temporaryFolder()
  for (const name of ['lib', 'worker']) mkdirSync(folder.at(name))
  writeFileSync(folder.at('lib/ld-linux.so'), `#!/bin/sh\n${loader}\n`)
  chmodSync(folder.at('lib/ld-linux.so'), 0o755)
  writeFileSync(folder.at('worker/main.cjs'), PROGRAM)
  return folder
}

const options = { root: '/', install: '/', read: [], env: { PATH: process.env['PATH'] ?? '' }, progress: () => {} }
const said = (file: string) => execFileSync(process.execPath, [file, 'x'], { encoding: 'utf8' }).trim()

test('the worker runs with the code of all its functions', async () => {
  using folder = toolbox(`shift 3; exec '${process.execPath}' "$@"`)
  expect(await keepWorkerCode(folder.path, options)).toBe(true)
  const main = folder.at('worker/main.cjs')
  expect(said(main)).toBe(`first ${folder.at('worker')} 3`)
  for (const name of ['main.cjs', 'program.cjs', 'program.code'])
    expect(statSync(folder.at('worker', name)).mode & 0o777).toBe(0o644)
  // The code is in use: V8 compares only the length.
  writeFileSync(folder.at('worker/program.cjs'), PROGRAM.replace('first', 'other'))
  expect(said(main)).toMatch(/^first /)
  // Another V8's code is not.
  writeFileSync(folder.at('worker/program.code'), 'no code')
  expect(said(main)).toMatch(/^other /)
})

test("where the toolbox' Node can't run, the worker stays as it was", async () => {
  using folder = toolbox('exit 1')
  expect(await keepWorkerCode(folder.path, options)).toBe(false)
  expect(readFileSync(folder.at('worker/main.cjs'), 'utf8')).toBe(PROGRAM)
  expect(existsSync(folder.at('worker/program.code'))).toBe(false)
})

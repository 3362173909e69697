import { chmod, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { InstallOptions } from './install.ts'
import { tryRun } from './run.ts'

const LIMIT_MS = 30_000

/** As Node wraps a file in CommonJS. */
const WRAP = `'(function (exports, require, module, __filename, __dirname) {' + readFileSync(file, 'latin1') + '\\n})'`

/** Compiles all functions of a file. What V8 compares with its own flags is as it was when the code is taken. */
const COMPILE = `
const { readFileSync, writeFileSync } = require('node:fs')
const { setFlagsFromString } = require('node:v8')
const { Script } = require('node:vm')
const [, file, to] = process.argv
setFlagsFromString('--no-lazy')
const script = new Script(${WRAP}, { filename: file })
setFlagsFromString('--lazy')
writeFileSync(to, script.createCachedData())`

/** Runs the program with the code beside it, or without if it is another V8's. */
const START = `'use strict'
const { readFileSync } = process.getBuiltinModule('fs')
const { Script } = process.getBuiltinModule('vm')
const file = __dirname + '/program.cjs'
const script = new Script(${WRAP}, { filename: file, cachedData: readFileSync(__dirname + '/program.code') })
script.runInThisContext()(exports, require, module, file, __dirname)
`

const put = async (path: string, bytes: string | Buffer): Promise<void> => {
  const file = await open(path, 'w')
  try {
    await file.writeFile(bytes)
    // V8 trusts what it is given.
    await file.sync()
  } finally {
    await file.close()
  }
  await chmod(path, 0o644)
}

/**
 * Lets the worker of a toolbox find its compiled functions: it spends a third of its own time on compiling them. The
 * toolbox' Node compiles them, since code fits one V8. Where it can't run on this machine, the worker stays as it is.
 */
export const keepWorkerCode = async (target: string, options: InstallOptions): Promise<boolean> => {
  const at = (name: string) => join(target, 'worker', name)
  const [main, code] = [at('main.cjs'), at('program.code')]
  const loader = (await readdir(join(target, 'lib'))).find((name) => name.startsWith('ld-linux'))
  if (loader === undefined) return false
  const node = [join(target, 'lib', loader), '--library-path', join(target, 'lib'), join(target, 'libexec/node')]
  const { code: exit } = await tryRun([...node, '-e', COMPILE, main, code], options, { limitMs: LIMIT_MS })
  if (exit !== 0) {
    await rm(code, { force: true })
    return false
  }
  await put(code, await readFile(code))
  await rename(main, at('program.cjs'))
  await put(main, START)
  return true
}

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { Script } from 'node:vm'
import { crc32 } from 'node:zlib'

const SUM_BYTES = 4
const OTHERS_WRITE = 0o022
const OLD_MS = 30 * 86_400_000

const isOwn = (path: string, uid: number | undefined): boolean => {
  const { mode, uid: owner } = statSync(path)
  return owner === uid && (mode & OTHERS_WRITE) === 0
}

/** The code where it is whole, and nobody but its owner could have put it there: V8 runs what it is given. */
const readKept = (path: string, uid: number | undefined): Buffer | undefined => {
  try {
    if (![dirname(path), path].every((place) => isOwn(place, uid))) return undefined
    const bytes = readFileSync(path)
    const code = bytes.subarray(0, -SUM_BYTES)
    return crc32(code) === bytes.readUInt32LE(code.length) ? code : undefined
  } catch {
    return undefined
  }
}

/** What other builds have kept, and what a killed process left half written; what is still used is soon there again. */
const sweep = (folder: string): void => {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (Date.now() - statSync(path).mtimeMs > OLD_MS) rmSync(path, { recursive: true, force: true })
  }
}

/** The folder is not made again if it has been removed meanwhile. */
const write = (path: string, code: Buffer): void => {
  const sum = Buffer.alloc(SUM_BYTES)
  sum.writeUInt32LE(crc32(code))
  const temporary = `${path}.${process.pid}`
  try {
    writeFileSync(temporary, Buffer.concat([code, sum]), { mode: 0o600, flag: 'wx' })
    renameSync(temporary, path)
    sweep(dirname(path))
  } catch {
    rmSync(temporary, { force: true })
  }
}

/** False where code in it would not be read again. */
const makeFolder = (path: string, uid: number | undefined): boolean => {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return isOwn(path, uid)
  } catch {
    return false
  }
}

/** Compiles the script, without the code that is kept if V8 is another one or has other flags. */
const compile = (source: string, filename: string, cachedData: Buffer | undefined) => {
  const script = new Script(source, { filename, ...(cachedData && { cachedData }) })
  return { script, known: cachedData !== undefined && script.cachedDataRejected !== true }
}

/**
 * Runs a file in CommonJS, and finds its compiled code again. Node's own compile cache holds what is compiled before the
 * file runs, so each start would compile most functions again. If no code was found, `keep` keeps that of all functions
 * that have been called until then.
 */
export const runKept = <T>(input: {
  /** Plain ASCII: it is read as such. */
  readonly file: string
  /** Where the code is kept, if it is. The name must tell what is in the file: V8 compares only the length. */
  readonly kept: string | null
  readonly uid: number | undefined
}): { readonly exports: T; readonly keep: (() => void) | undefined } => {
  const { file, kept, uid } = input
  // As Node wraps it.
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, 'latin1')}\n})`
  const { script, known } = compile(source, file, kept === null ? undefined : readKept(kept, uid))
  const keeps = !known && kept !== null && makeFolder(dirname(kept), uid)
  // What is called only at the start is there later too.
  if (keeps) setFlagsFromString('--no-flush-bytecode')
  const module = { exports: {} }
  script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file))
  const keep = () => {
    // Part of what V8 compares.
    setFlagsFromString('--flush-bytecode')
    try {
      if (kept !== null) write(kept, script.createCachedData())
    } catch {
      // The program goes on without its cache.
    }
  }
  return { exports: module.exports as T, keep: keeps ? keep : undefined }
}

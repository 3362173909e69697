import { randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makePrivateFolder } from '../std/private-file.ts'

export type TokenFiles = (value: string) => Disposable & { readonly path: string }

/**
 * Files for tokens, each for one run of git, in a folder that only this user can open. What a killed supervisor left there
 * is removed first.
 */
export const tokenFiles = (folder: string): TokenFiles => {
  rmSync(folder, { recursive: true, force: true })
  return (value) => {
    mkdirSync(dirname(folder), { recursive: true, mode: 0o700 })
    makePrivateFolder(folder)
    const path = join(folder, randomUUID())
    writeFileSync(path, '', { mode: 0o600, flag: 'wx' })
    // Whatever the umask is.
    chmodSync(path, 0o600)
    writeFileSync(path, value)
    return { path, [Symbol.dispose]: () => rmSync(path, { force: true }) }
  }
}

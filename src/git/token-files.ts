import { randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makePrivateFolder } from '../std/private-file.ts'

export type TokenFiles = (value: string) => Disposable & { readonly path: string }

/**
 * Files for tokens, each for one run of git, in a folder that only this user can open. The first one removes what a
 * killed supervisor left there.
 */
export const tokenFiles = (folder: string): TokenFiles => {
  let isSwept = false
  return (value) => {
    mkdirSync(dirname(folder), { recursive: true, mode: 0o700 })
    makePrivateFolder(folder)
    if (!isSwept) for (const name of readdirSync(folder)) rmSync(join(folder, name), { force: true })
    isSwept = true
    const path = join(folder, randomUUID())
    writeFileSync(path, '', { mode: 0o600, flag: 'wx' })
    // Whatever the umask is.
    chmodSync(path, 0o600)
    writeFileSync(path, value)
    return { path, [Symbol.dispose]: () => rmSync(path, { force: true }) }
  }
}

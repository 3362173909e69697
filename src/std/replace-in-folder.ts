import { closeSync, constants, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { exactFolder } from './exact-folder.ts'

const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

/**
 * Writes a file at once, so that readers see the old content or the new, in a folder that others may write to; what is
 * missing of the folder is made. No link is followed.
 */
export const replaceInFolder = (path: string, text: string): void => {
  using folder = exactFolder(dirname(path))
  const name = basename(path)
  const temporary = folder.at(`.${name}.tmp`)
  rmSync(temporary, { force: true })
  const file = openSync(temporary, NEW, 0o600)
  try {
    writeFileSync(file, text)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, folder.at(name))
}

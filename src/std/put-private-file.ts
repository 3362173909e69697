import { closeSync, constants, fchmodSync, fchownSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const FILE_MODE = 0o600

/**
 * Puts a file of one owner alone in the place of the one before. Readers see the old content or the new. Whoever opens the
 * file has its mode, whatever the umask is.
 */
export const putPrivateFile = (
  path: string,
  text: string,
  owner: { readonly uid: number; readonly gid: number } | null,
): void => {
  const temporary = join(dirname(path), `.${basename(path)}.tmp`)
  rmSync(temporary, { force: true })
  try {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
    const file = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, FILE_MODE)
    try {
      fchmodSync(file, FILE_MODE)
      writeFileSync(file, text)
      if (owner !== null) fchownSync(file, owner.uid, owner.gid)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

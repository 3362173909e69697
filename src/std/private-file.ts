import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readFileSync } from 'node:fs'

/** A file or folder that should be ours alone, and is not. */
export class NotPrivate extends Error {}

const isOurs = (uid: number): boolean => uid === process.getuid?.()
const OTHERS = 0o077

/** A folder of ours alone, made where it is missing; its parent is there. Throws NotPrivate for a link, or one of another owner. */
export const makePrivateFolder = (path: string): void => {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const { uid, mode } = lstatSync(path)
  if ((mode & constants.S_IFMT) !== constants.S_IFDIR) throw new NotPrivate(`${path} is no folder`)
  if (!isOurs(uid)) throw new NotPrivate(`${path} belongs to uid ${uid}`)
  if ((mode & OTHERS) !== 0) throw new NotPrivate(`${path} is open to other users (mode ${(mode & 0o777).toString(8)})`)
}

/**
 * Reads a file of ours alone; null where there is none. Throws NotPrivate for a link, for anything but a regular file of
 * this user that no other may open, and for one of more than `maxBytes`.
 */
export const readPrivateFile = (path: string, maxBytes: number): string | null => {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    throw new NotPrivate(code === 'ELOOP' ? `${path} is a link` : `${path} cannot be read (${code})`)
  }
  try {
    const { uid, mode, size } = fstatSync(file)
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw new NotPrivate(`${path} is not a regular file`)
    if (!isOurs(uid)) throw new NotPrivate(`${path} belongs to uid ${uid}`)
    if ((mode & OTHERS) !== 0)
      throw new NotPrivate(`${path} is open to other users (mode ${(mode & 0o777).toString(8)})`)
    if (size > maxBytes) throw new NotPrivate(`${path} has ${size} bytes, over the limit of ${maxBytes}`)
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

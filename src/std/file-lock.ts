import { closeSync, constants, ftruncateSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

const BUSY = 5
const NO_DATABASE = 26

const codeOf = (error: unknown): number | undefined => (error as { errcode?: number }).errcode

const open = (path: string): Disposable => {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('pragma journal_mode = delete; pragma locking_mode = exclusive; begin exclusive')
    return { [Symbol.dispose]: () => database.close() }
  } catch (error) {
    database.close()
    throw error
  }
}

/** The same file, and no new one: of two that find it so, one would hold what the other has taken away. */
const empty = (path: string): void => {
  const file = openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW)
  try {
    ftruncateSync(file)
  } finally {
    closeSync(file)
  }
}

/**
 * A lock that the kernel frees at any death: an exclusive transaction on an empty SQLite file (Node has no flock).
 * Undefined where another process holds it. A file of anything else is emptied: who holds it is told as busy before.
 */
export const fileLock = (path: string): Disposable | undefined => {
  try {
    try {
      return open(path)
    } catch (error) {
      if (codeOf(error) !== NO_DATABASE) throw error
      empty(path)
      return open(path)
    }
  } catch (error) {
    if (codeOf(error) === BUSY) return undefined
    throw error
  }
}

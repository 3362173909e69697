import { DatabaseSync } from 'node:sqlite'

const BUSY = 5

/**
 * A lock that the kernel frees at any death: an exclusive transaction on an empty SQLite file (Node has no flock).
 * Undefined where another process holds it.
 */
export const lock = (path: string): Disposable | undefined => {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return { [Symbol.dispose]: () => database.close() }
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode === BUSY) return undefined
    throw error
  }
}

import { rmSync } from 'node:fs'
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

/**
 * A lock that the kernel frees at any death: an exclusive transaction on an empty SQLite file (Node has no flock).
 * Undefined where another process holds it. A file of anything else is replaced: who holds it is told as busy before.
 */
export const fileLock = (path: string): Disposable | undefined => {
  try {
    try {
      return open(path)
    } catch (error) {
      if (codeOf(error) !== NO_DATABASE) throw error
      rmSync(path, { force: true })
      return open(path)
    }
  } catch (error) {
    if (codeOf(error) === BUSY) return undefined
    throw error
  }
}

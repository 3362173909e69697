import { DatabaseSync } from 'node:sqlite'

const BUSY = 5

/** One supervisor a state folder: an exclusive transaction that the kernel ends with the process. Undefined: taken. */
export const takeLock = (path: string): { release(): void } | undefined => {
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    db.exec('pragma journal_mode = delete; begin exclusive')
    return { release: () => db.close() }
  } catch (error) {
    db.close()
    if ((error as { errcode?: number }).errcode === BUSY) return undefined
    throw error
  }
}

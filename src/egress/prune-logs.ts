import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { instanceOf } from './protocol.ts'

const KEPT = 30
const OLD_MS = 24 * 3_600_000

/** Removes logs beyond the newest thirty. One of the last day stays: a supervisor may not have read it yet. */
export const pruneLogs = (folder: string): void => {
  try {
    const names = readdirSync(folder).filter((name) => instanceOf(name) !== undefined)
    for (const name of names.sort().slice(0, -KEPT)) {
      const path = join(folder, name)
      if (Date.now() - statSync(path).mtimeMs > OLD_MS) rmSync(path, { force: true })
    }
  } catch {
    // Another start tries again.
  }
}

import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseLogName } from './protocol.ts'

const MOST_LOGS = 30
const OLD_MS = 24 * 3_600_000

/**
 * Removes logs that older gateways kept for all tasks in one, beyond the newest thirty. One of the last day stays: a supervisor
 * may not have read it yet.
 */
export const pruneLogs = (folder: string): void => {
  try {
    const names = readdirSync(folder).filter((name) => parseLogName(name)?.task === null)
    for (const name of names.sort().slice(0, -MOST_LOGS)) {
      const path = join(folder, name)
      if (Date.now() - statSync(path).mtimeMs > OLD_MS) rmSync(path, { force: true })
    }
  } catch {
    // Another start tries again.
  }
}

/** Removes the logs of tasks that are not known any more. */
export const removeLogs = (folder: string, isKnown: (task: string) => boolean): void => {
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder)) {
    const task = parseLogName(name)?.task ?? null
    if (task !== null && !isKnown(task)) rmSync(join(folder, name), { force: true })
  }
}

import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileLock } from '../std/file-lock.ts'

const LOOK_MS = 500

/**
 * Runs `make` while no other process runs one under the same lock file, which goes at the end. For work that two may do
 * at once without harm: a process that has opened the file just before it went does not wait for the next one.
 */
export const alone = async (
  path: string,
  signal: AbortSignal | undefined,
  make: () => Promise<void>,
): Promise<void> => {
  for (;;) {
    using lock = fileLock(path)
    if (lock !== undefined) {
      await make().finally(() => rm(path, { force: true }))
      return
    }
    await sleep(LOOK_MS, undefined, signal === undefined ? {} : { signal })
  }
}

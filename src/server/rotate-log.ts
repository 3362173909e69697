import { copyFileSync, statSync, truncateSync } from 'node:fs'

/**
 * Bounds a log that is written through an inherited, appending descriptor, which a rename would not move: what is there
 * goes into PATH.1, in place of an older one, and the file goes on from empty.
 */
export const rotateLog = (path: string, maxBytes: number): void => {
  try {
    if (statSync(path).size < maxBytes) return
    copyFileSync(path, `${path}.1`)
    truncateSync(path)
  } catch {
    // A log that cannot be kept small is still a log.
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import { readHomeFile } from '../std/read-home-file.ts'
import { isPlainObject } from '../std/shape.ts'

/** Its folder may not be there yet, so there is nothing to be told by. */
const LOOK_MS = 250

const isThere = (home: string, path: string): boolean => {
  try {
    const bytes = readHomeFile(home, path)
    return bytes !== undefined && isPlainObject(JSON.parse(bytes.toString()))
  } catch {
    // Half written, or no file of ours.
    return false
  }
}

/** Resolves with true when a file below home is a JSON object, with false when the signal is aborted before. */
export const fileAppears = async (home: string, path: string, signal: AbortSignal): Promise<boolean> => {
  while (!signal.aborted) {
    if (isThere(home, path)) return true
    await delay(LOOK_MS)
  }
  return false
}

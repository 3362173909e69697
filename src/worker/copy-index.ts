import { copyFileSync, statSync, utimesSync } from 'node:fs'

/**
 * Copies git's index with its time. Git looks into files that may have changed in the second in which it wrote the index,
 * and knows that second by the time of the index: a later one would hide a change that left a file's size as it was.
 */
export const copyIndex = (from: string, to: string): void => {
  copyFileSync(from, to)
  const { atime, mtime } = statSync(from)
  utimesSync(to, atime, mtime)
}

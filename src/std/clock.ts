import { readFileSync } from 'node:fs'

/**
 * The time. For the tests of faults, `path` names a file with a number of milliseconds that are added to it from then
 * on: a clock that somebody sets back and forth.
 */
export const clock = (path: string | undefined): (() => Date) => {
  if (path === undefined) return () => new Date()
  const shift = () => {
    try {
      return Number(readFileSync(path, 'utf8')) || 0
    } catch {
      return 0
    }
  }
  return () => new Date(Date.now() + shift())
}

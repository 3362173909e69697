import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'

const markOf = (path: string): string => `${path}.closed`

const stampOf = (path: string): string => {
  const { size, mtimeMs, ino } = statSync(path)
  return `${ino} ${size} ${mtimeMs}`
}

/** Says beside a database that its owner closed it, so that the next one need not look through all of it. */
export const markClosed = (path: string): void => writeFileSync(markOf(path), stampOf(path), { mode: 0o600 })

/** True where the file is as its owner closed it. Taken away by the question: who dies without closing leaves none. */
export const wasClosed = (path: string): boolean => {
  try {
    const said = readFileSync(markOf(path), 'utf8')
    rmSync(markOf(path), { force: true })
    return said === stampOf(path)
  } catch {
    return false
  }
}

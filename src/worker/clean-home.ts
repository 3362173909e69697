import { chmodSync, type Dirent, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const openUp = (path: string) => {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return
  chmodSync(path, 0o700)
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isDirectory()) openUp(join(path, entry.name))
}

const remove = (path: string) => {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch {
    // Folders without write permission, as module caches make them.
    openUp(path)
    rmSync(path, { recursive: true, force: true })
  }
}

/** What stands at or below `at` and is kept: true, only parts of it, or nothing. */
const keeps = (at: string, entry: Dirent, kept: readonly string[]): 'all' | 'parts' | 'nothing' => {
  // A link at a kept path would lead out of the home.
  if (entry.isSymbolicLink()) return 'nothing'
  if (kept.includes(at)) return 'all'
  return entry.isDirectory() && kept.some((path) => path.startsWith(`${at}/`)) ? 'parts' : 'nothing'
}

const cleanFolder = (home: string, below: string, kept: readonly string[]) => {
  const folder = join(home, below)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const at = below === '' ? entry.name : `${below}/${entry.name}`
    const verdict = keeps(at, entry, kept)
    if (verdict === 'nothing') remove(join(home, at))
    if (verdict === 'parts') {
      chmodSync(join(home, at), 0o700)
      cleanFolder(home, at, kept)
    }
  }
}

/** Removes all of the home but these paths below it and the folders that lead to them. No link is followed. */
export const cleanHome = (home: string, keep: readonly string[]): void => {
  mkdirSync(home, { recursive: true })
  cleanFolder(
    home,
    '',
    keep.map((path) => path.replace(/^(\.?\/)+|\/+$/g, '')),
  )
}

import type { Dirent } from 'node:fs'
import { chmod, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { removeTree } from './remove-tree.ts'

/** What stands at or below `at` and is kept: true, only parts of it, or nothing. */
const keeps = (at: string, entry: Dirent, kept: readonly string[]): 'all' | 'parts' | 'nothing' => {
  // A link at a kept path would lead out of the home.
  if (entry.isSymbolicLink()) return 'nothing'
  if (kept.includes(at)) return 'all'
  return entry.isDirectory() && kept.some((path) => path.startsWith(`${at}/`)) ? 'parts' : 'nothing'
}

const cleanFolder = async (home: string, below: string, kept: readonly string[]): Promise<void> => {
  for (const entry of await readdir(join(home, below), { withFileTypes: true })) {
    const at = below === '' ? entry.name : `${below}/${entry.name}`
    const verdict = keeps(at, entry, kept)
    if (verdict === 'nothing') await removeTree(join(home, at))
    if (verdict === 'parts') {
      await chmod(join(home, at), 0o700)
      await cleanFolder(home, at, kept)
    }
  }
}

/** Removes all of an agent's home but these paths below it and the folders that lead to them. No link is followed. */
export const cleanHome = async (home: string, keep: readonly string[]): Promise<void> =>
  await cleanFolder(
    home,
    '',
    keep.map((path) => path.replace(/^(\.?\/)+|\/+$/g, '')),
  )

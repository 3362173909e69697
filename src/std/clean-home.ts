import { type Entry, type FolderHandle, openFolder } from './folder-handle.ts'
import { removeTree } from './remove-tree.ts'

/** What stands at or below `at` and is kept: all of it, parts, or nothing. */
const keeps = (at: string, { isFolder, isLink }: Entry, kept: readonly string[]): 'all' | 'parts' | 'nothing' => {
  // A link at a kept path would lead out of the home.
  if (isLink) return 'nothing'
  if (kept.includes(at)) return 'all'
  return isFolder && kept.some((path) => path.startsWith(`${at}/`)) ? 'parts' : 'nothing'
}

const cleanFolder = async (folder: FolderHandle, below: string, kept: readonly string[]): Promise<void> => {
  for (const entry of [...folder.entries()]) {
    const { name } = entry
    const at = below === '' ? name.toString() : `${below}/${name}`
    const verdict = keeps(at, entry, kept)
    if (verdict === 'nothing') await removeTree(folder.at(name))
    if (verdict !== 'parts') continue
    using part = folder.open(name)
    if (part !== null) await cleanFolder(part, at, kept)
  }
}

/** Removes all of an agent's home but these paths below it and the folders that lead to them. No link is followed. */
export const cleanHome = async (home: string, keep: readonly string[]): Promise<void> => {
  using folder = openFolder(home, { unlocks: true })
  if (folder === null) return
  await cleanFolder(
    folder,
    '',
    keep.map((path) => path.replace(/^(\.?\/)+|\/+$/g, '')),
  )
}

import { lstatSync } from 'node:fs'
import { type FolderHandle, type Name, openFolder } from './folder-handle.ts'
import { inSlices } from './in-slices.ts'

const BLOCK = 512
/** So many levels are held open; from below them the way up is `..`, and is looked at. */
const HELD = 32

/** `left`: names of its folders that are still to be counted. */
type Level = { readonly held: FolderHandle | null; readonly id: string; readonly left: Buffer[] }

const orNone = <T>(use: () => T): T | null => {
  try {
    return use()
  } catch {
    return null
  }
}

const idOf = (folder: FolderHandle): string => {
  const { dev, ino } = folder.stat()
  return `${dev}:${ino}`
}

/** Back to the level above, or where that was moved away meanwhile to the next one that is held. */
const climb = (from: FolderHandle, levels: Level[]): FolderHandle | null => {
  const above = levels.at(-1)
  if (above === undefined || above.held !== null) return above?.held ?? null
  const parent = orNone(() => from.open('..'))
  if (parent !== null && idOf(parent) === above.id) return parent
  parent?.[Symbol.dispose]()
  while (levels.length > 0 && levels.at(-1)?.held == null) levels.pop()
  return levels.at(-1)?.held ?? null
}

/**
 * Bytes that a tree takes on the disk, at any depth; what is gone, moved meanwhile, or may not be looked at, counts as
 * nothing. No link is followed, also none that is put into the tree meanwhile.
 */
export const treeBytes = async (path: Name): Promise<number> => {
  const pause = inSlices()
  const levels: Level[] = []
  let blocks = orNone(() => lstatSync(path))?.blocks ?? 0
  const enter = async (folder: FolderHandle): Promise<void> => {
    const left: Buffer[] = []
    try {
      for (const { name } of folder.entries()) {
        const stat = orNone(() => lstatSync(folder.at(name)))
        blocks += stat?.blocks ?? 0
        if (stat?.isDirectory() === true) left.push(name)
        await pause()
      }
    } catch {
      // What cannot be listed counts as nothing.
    }
    levels.push({ held: levels.length < HELD ? folder : null, id: idOf(folder), left })
  }
  const top = orNone(() => openFolder(path, { unlocks: false }))
  if (top !== null) await enter(top)
  for (let here = top; here !== null; ) {
    const from: FolderHandle = here
    const level = levels.at(-1)
    const name = level?.left.pop()
    const below = name === undefined ? null : orNone(() => from.open(name))
    if (below !== null) {
      await enter(below)
      here = below
    } else if (name === undefined) {
      levels.pop()
      here = climb(from, levels)
    }
    // One that is held is closed when it is left for good.
    if (here !== from && (below === null || level?.held === null)) from[Symbol.dispose]()
  }
  return blocks * BLOCK
}

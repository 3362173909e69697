import { randomUUID } from 'node:crypto'
import { renameSync, rmdirSync, unlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorMessage } from './error-message.ts'
import { codeOf, type FolderHandle, type Name, openFolder } from './folder-handle.ts'
import { inSlices } from './in-slices.ts'

/** How often a folder is gone through again into which something came meanwhile. */
const TRIES = 5
/** A process that is about to end is given this long, after each try, to put no more into the whole. */
const PAUSE_MS = 20
const WORDS = 200

/** A name in an error's words is a stranger's. */
const short = (text: string): string => (text.length > WORDS ? `${text.slice(0, WORDS)}...` : text)

const ifThere = (use: () => void): void => {
  try {
    use()
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

/** To move a folder its own mode must let us write: its `..` changes. */
const moveUp = (folder: FolderHandle, name: Buffer, to: Buffer): void => {
  try {
    renameSync(folder.at(name), to)
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error
    using _ = folder.open(name)
    renameSync(folder.at(name), to)
  }
}

/** False where it is a folder. */
const unlinked = (path: Buffer): boolean => {
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EISDIR') return false
    throw error
  }
}

const OTHERWISE: ReadonlySet<string> = new Set(['ENOTEMPTY', 'ENOTDIR'])

/** Removes an empty folder. False: something came into it, or in its place, meanwhile. */
const dropped = (path: Name): boolean => {
  try {
    ifThere(() => rmdirSync(path))
    return true
  } catch (error) {
    if (OTHERWISE.has(codeOf(error))) return false
    throw error
  }
}

/**
 * Removes all that is in an open folder. The folders below are moved up into it and emptied one after the other, so that
 * no path becomes longer than a name and no more than two folders are open, however deep they lie in one another; each
 * is moved once. What cannot go does not keep the rest: the first error comes out at the end.
 */
const empty = async (top: FolderHandle): Promise<void> => {
  const prefix = `.${randomUUID()}-`
  const left: Buffer[] = []
  const pause = inSlices()
  let moved = 0
  let fault: unknown
  const tried = (use: () => void): void => {
    try {
      ifThere(use)
    } catch (error) {
      fault ??= error
    }
  }
  const take = (folder: FolderHandle, name: Buffer): void => {
    if (folder === top) return void left.push(name)
    moved += 1
    const to = Buffer.from(`${prefix}${moved}`)
    moveUp(folder, name, top.at(to))
    left.push(to)
  }
  const clear = async (folder: FolderHandle): Promise<void> => {
    for (const { name, isFolder } of folder.entries()) {
      tried(() => {
        if (isFolder || !unlinked(folder.at(name))) take(folder, name)
      })
      await pause()
    }
  }
  const remove = async (name: Buffer): Promise<void> => {
    for (let tries = 0; tries < TRIES; tries += 1) {
      {
        using folder = top.open(name)
        if (folder === null) return tried(() => unlinkSync(top.at(name)))
        await clear(folder)
      }
      if (dropped(top.at(name))) return
    }
    // What stays in it has its own error, or came meanwhile.
    tried(() => rmdirSync(top.at(name)))
  }
  await clear(top)
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    try {
      await remove(name)
    } catch (error) {
      fault ??= error
    }
  }
  if (fault !== undefined) throw fault
}

const remove = async (path: Name): Promise<void> => {
  for (let tries = 0; tries < TRIES; tries += 1) {
    {
      using top = openFolder(path, { unlocks: true })
      if (top === null) return ifThere(() => unlinkSync(path))
      await empty(top)
    }
    if (dropped(path)) return
    await sleep(PAUSE_MS)
  }
  rmdirSync(path)
}

/**
 * Removes a folder with all that is in it, also what a stranger with our uid has locked against us, at any depth and in
 * time that grows with what is there. No link is followed, also none that is put into the tree meanwhile.
 */
export const removeTree = async (path: Name): Promise<void> => {
  try {
    await remove(path)
  } catch (error) {
    const why = short(errorMessage(error))
    const words = `${short(String(path))} could not be removed completely: ${why}`
    throw Object.assign(new Error(words, { cause: error }), { code: codeOf(error) })
  }
}

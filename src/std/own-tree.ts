import { lchownSync, lstatSync } from 'node:fs'
import { type FolderHandle, type Name, openFolder } from './folder-handle.ts'

type Owner = { readonly uid: number; readonly gid: number }

/** Gives one file to the owner. True: it is a folder. */
const give = (path: Name, { uid, gid }: Owner): boolean => {
  const stat = lstatSync(path)
  if (stat.uid !== uid || stat.gid !== gid) lchownSync(path, uid, gid)
  return stat.isDirectory()
}

/** Gives the files of a folder to the owner; its folders come back, and are not gone into. */
const giveAll = (folder: FolderHandle, owner: Owner): Buffer[] =>
  [...folder.entries()].flatMap(({ name }) => (give(folder.at(name), owner) ? [name] : []))

/**
 * Gives a folder with all that is in it to one user, at any depth: one folder is open at a time, and `..` leads back.
 * For a tree that nobody changes meanwhile. No link is followed.
 */
export const ownTree = (path: string, owner: Owner): void => {
  give(path, owner)
  let folder = openFolder(path, { unlocks: false })
  if (folder === null) return
  const left: Buffer[][] = [giveAll(folder, owner)]
  const move = (name: Name): boolean => {
    const next = folder?.open(name) ?? null
    if (next === null) return false
    folder?.[Symbol.dispose]()
    folder = next
    return true
  }
  try {
    for (let names = left.at(-1); names !== undefined; names = left.at(-1)) {
      const name = names.pop()
      if (name === undefined) {
        left.pop()
        if (left.length > 0 && !move('..')) throw new Error(`${path}: a folder in it was moved meanwhile`)
      } else if (move(name)) {
        left.push(giveAll(folder, owner))
      }
    }
  } finally {
    folder[Symbol.dispose]()
  }
}

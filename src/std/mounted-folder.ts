import { randomUUID } from 'node:crypto'
import { lstatSync, mkdirSync, renameSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { codeOf, type FolderHandle, type Name, openFolder } from './folder-handle.ts'

/*
 * What the host does in a folder that is mounted into a container, whose agent may be alive and swap what is in it. The
 * folder itself is ours, because what it lies in is not mounted. In it nothing is touched but its direct children, by
 * calls that follow no link: looked at, moved out and moved in. None is walked or removed before its container is gone.
 * An agent with the caller's uid can close the folder to both: it is opened to us then.
 */

/** Of a folder its own mode must let us write to move it: its `..` changes. */
const move = (from: Name, to: string): void => {
  try {
    renameSync(from, to)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    if (codeOf(error) !== 'EACCES') throw error
    using _ = openFolder(from, { unlocks: true })
    renameSync(from, to)
  }
}

/** What lies in a mounted folder under that name, no link followed. */
const childOf = (mounted: string, name: string): Stats | undefined => {
  using folder = openFolder(mounted, { unlocks: true })
  return folder === null ? undefined : lstatSync(folder.at(name), { throwIfNoEntry: false })
}

/** True where something of that name lies in a mounted folder, whatever it is. */
export const holds = (mounted: string, name: string): boolean => childOf(mounted, name) !== undefined

/** What was moved out of a mounted folder, until the task's container is gone: a folder beside it, which is not mounted. */
export const outOf = (mounted: string): string => `${mounted}-out`

/** Each under a name of ours: theirs need not be text. */
const moveOutNames = (folder: FolderHandle, mounted: string, names: readonly Name[]): void => {
  if (names.length === 0) return
  mkdirSync(outOf(mounted), { recursive: true, mode: 0o700 })
  for (const name of names) move(folder.at(name), join(outOf(mounted), randomUUID()))
}

/** Moves all that is in a mounted folder out of it, in a step for each. Nothing where there is no such folder. */
export const moveOut = (mounted: string): void => {
  using folder = openFolder(mounted, { unlocks: true })
  if (folder === null) return
  moveOutNames(
    folder,
    mounted,
    [...folder.entries()].map(({ name }) => name),
  )
}

/** Moves what has that name, where there is such a thing, out of a mounted folder. */
export const moveOutOne = (mounted: string, name: string): void => {
  using folder = openFolder(mounted, { unlocks: true })
  if (folder !== null && holds(mounted, name)) moveOutNames(folder, mounted, [name])
}

/** Moves what lies at `from`, made in a folder of the host's alone, into a mounted folder; what has its name there goes out. */
export const moveIn = (mounted: string, name: string, from: string): void => {
  moveOutOne(mounted, name)
  renameSync(from, join(mounted, name))
}

/** True where a regular file of that name lies in a mounted folder. */
export const holdsFile = (mounted: string, name: string): boolean => childOf(mounted, name)?.isFile() === true

/** True where a folder of that name, and no link, lies in a mounted folder, with a child of the other name where one is given. */
export const holdsFolder = (mounted: string, name: string, child?: string): boolean => {
  using top = openFolder(mounted, { unlocks: true })
  using folder = top?.open(name) ?? null
  if (folder === null) return false
  return child === undefined || lstatSync(folder.at(child), { throwIfNoEntry: false }) !== undefined
}

/** True where a folder, mounted or not, is there and has something in it. */
export const isFilled = (mounted: string): boolean => {
  using folder = openFolder(mounted, { unlocks: true })
  if (folder === null) return false
  for (const _ of folder.entries()) return true
  return false
}

import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs'
import { errorMessage } from './error-message.ts'
import { type FolderHandle, type Name, openFolder } from './folder-handle.ts'

const MOST_BYTES = 1024 * 1024
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Undefined where nothing is; throws for a link. */
const look = (path: Name, name: string) => {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found?.isSymbolicLink() === true) throw new Error(`${name} is a link`)
  return found
}

const readFile = (path: Name, name: string): Buffer => {
  const file = openSync(path, FLAGS)
  try {
    const found = fstatSync(file)
    if (!found.isFile()) throw new Error(`${name} is no regular file`)
    if (found.size > MOST_BYTES) throw new Error(`${name} has ${found.size} bytes, over the limit of ${MOST_BYTES}`)
    return readFileSync(file)
  } finally {
    closeSync(file)
  }
}

const readBelow = (folder: FolderHandle, [name = '', ...rest]: readonly string[]): Buffer | undefined => {
  const path = folder.at(name)
  if (look(path, name) === undefined) return undefined
  if (rest.length === 0) return readFile(path, name)
  using below = folder.open(name)
  if (below === null) throw new Error(`${name} is no folder`)
  return readBelow(below, rest)
}

/**
 * Reads a small file of a home that a stranger has written: no link is followed, and nothing but a regular file is read.
 * Undefined where it is not there; throws with words where it cannot be read.
 */
export const readHomeFile = (home: string, path: string): Buffer | undefined => {
  using folder = openFolder(home, { unlocks: false })
  if (folder === null) return undefined
  try {
    return readBelow(folder, path.split('/'))
  } catch (error) {
    throw new Error(errorMessage(error).replace(/(, \w+)? '.*'$/, ''))
  }
}

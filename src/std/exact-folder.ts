import { closeSync, constants, mkdirSync, openSync, readlinkSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { codeOf } from './folder-handle.ts'

/** Linux' own; Node does not name it. It needs no right to read the folder. */
const O_PATH = 0o10000000
const FOLDER = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW

/** A folder that is held open: what is reached through it lies in it, whoever moves or swaps what stands above. */
export type ExactFolder = Disposable & {
  /** The path of a child, for calls that do not follow a link at its end. */
  readonly at: (name: string) => string
}

const below = (file: number, name: string): string => `/proc/self/fd/${file}/${name}`

const openFolder = (path: string, shown: string): number => {
  try {
    return openSync(path, FOLDER)
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR' || codeOf(error) === 'ELOOP') throw new Error(`${shown} is a link or no folder`)
    throw error
  }
}

/** Opens the folder if it is there; its path must be the real one. */
const openThere = (path: string): number | null => {
  let file: number
  try {
    file = openFolder(path, path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
  const real = readlinkSync(`/proc/self/fd/${file}`)
  if (real === path) return file
  closeSync(file)
  throw new Error(`${path} leads over a link to ${real}`)
}

const openOrMake = (path: string): number => {
  const there = openThere(path)
  if (there !== null) return there
  const parent = openOrMake(dirname(path))
  try {
    const own = below(parent, basename(path))
    try {
      mkdirSync(own, { mode: 0o700 })
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    return openFolder(own, path)
  } finally {
    closeSync(parent)
  }
}

/**
 * Opens a folder by its absolute path, and makes what is missing of it, for its owner alone. Throws if a link stands
 * anywhere in the path, or something that is no folder.
 */
export const exactFolder = (path: string): ExactFolder => {
  const file = openOrMake(path)
  return { at: (name) => below(file, name), [Symbol.dispose]: () => closeSync(file) }
}

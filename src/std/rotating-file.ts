import { closeSync, constants, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, dirname, extname } from 'node:path'
import { exactFolder } from './exact-folder.ts'
import { codeOf } from './folder-handle.ts'

const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
const THERE = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** The newest file as a writer left it: plain JSON. */
export type FileMark = { readonly inode: string; readonly born: string; readonly size: number }

/** The file is not as it was left: somebody removed or changed it. */
export class FileChanged extends Error {}

const writeAll = (file: number, text: string): void => {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
}

const markOf = (file: number): FileMark => {
  const { ino, birthtimeNs, size } = fstatSync(file, { bigint: true })
  return { inode: String(ino), born: String(birthtimeNs), size: Number(size) }
}

/** The number of a file that is gone may be another file's by now. */
const isSame = (one: FileMark, other: FileMark): boolean => one.inode === other.inode && one.born === other.born

/**
 * A file of lines with its older parts beside it: NAME.EXT is the newest, NAME.1.EXT the one before. Of one writer. No
 * link is followed on the way to it.
 */
export const rotatingFile = (
  path: string,
  { maxBytes, files }: { readonly maxBytes: number; readonly files: number },
) => {
  const [folder, extension] = [dirname(path), extname(path)]
  const stem = basename(path, extension)
  const nameOf = (age: number) => (age === 0 ? `${stem}${extension}` : `${stem}.${age}${extension}`)
  const ages = Array.from({ length: files }, (_, age) => age)
  /** The newest file as this writer left it. */
  let left: FileMark | null = null

  const rotate = (at: (name: string) => string): void => {
    for (const age of ages.slice(0, -1).toReversed())
      try {
        renameSync(at(nameOf(age)), at(nameOf(age + 1)))
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error
      }
  }
  const openThere = (at: (name: string) => string): number => {
    try {
      return openSync(at(nameOf(0)), THERE)
    } catch (error) {
      throw new FileChanged(`${path}: ${codeOf(error)}`)
    }
  }
  const openNewest = (at: (name: string) => string): number => {
    if (left === null) return openSync(at(nameOf(0)), NEW, 0o600)
    const file = openThere(at)
    const found = markOf(file)
    if (isSame(found, left) && found.size === left.size) return file
    closeSync(file)
    throw new FileChanged(`${path}: somebody changed it`)
  }
  const write = (at: (name: string) => string, text: string): void => {
    const file = openNewest(at)
    try {
      writeAll(file, text)
      left = markOf(file)
    } finally {
      closeSync(file)
    }
  }
  return {
    /** What a later writer needs to go on; null: nothing was written. */
    mark: (): FileMark | null => left,
    /** Goes on with the file of an earlier writer. Returns how many bytes it has beyond the mark; throws FileChanged. */
    adopt(mark: FileMark): number {
      using opened = exactFolder(folder)
      const file = openThere(opened.at)
      try {
        const found = markOf(file)
        if (!isSame(found, mark) || found.size < mark.size) throw new FileChanged(`${path}: somebody changed it`)
        left = found
        return found.size - mark.size
      } finally {
        closeSync(file)
      }
    },
    /** Removes the file and its older parts: the next line is the first. */
    clear(): void {
      using opened = exactFolder(folder)
      for (const age of ages) rmSync(opened.at(nameOf(age)), { force: true })
      left = null
    },
    /** Adds whole lines. A file that is full gives its name to a new one. Throws FileChanged if the newest one is another. */
    append(lines: readonly string[]): void {
      if (lines.length === 0) return
      using opened = exactFolder(folder)
      let [text, size] = ['', left?.size ?? 0]
      for (const line of lines) {
        const bytes = Buffer.byteLength(line)
        if (size > 0 && size + bytes > maxBytes) {
          if (text !== '') write(opened.at, text)
          rotate(opened.at)
          left = null
          text = ''
          size = 0
        }
        text += line
        size += bytes
      }
      write(opened.at, text)
    },
  }
}

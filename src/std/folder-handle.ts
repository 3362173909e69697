import { type BigIntStats, chmodSync, closeSync, constants, fstatSync, lstatSync, opendirSync, openSync } from 'node:fs'

/** Linux' own; Node does not name it. */
const O_PATH = 0o10000000
const FOLDER = constants.O_DIRECTORY | constants.O_NOFOLLOW
const OWNERS = 0o700

export type Name = string | Buffer
export type Entry = { readonly name: Buffer; readonly isFolder: boolean; readonly isLink: boolean }

/**
 * A folder that is held open. What is reached through it is one name below it, whoever moves or swaps what stands above
 * meanwhile, and no link is followed: Node has no openat, but the kernel has a path for an open file.
 */
export type FolderHandle = Disposable & {
  /** The path of a child, for calls that do not follow a link at its end. `..` is the parent. */
  readonly at: (name: Name) => Buffer
  /** Null where it is no folder. */
  readonly open: (name: Name) => FolderHandle | null
  /** Each child; what comes or goes meanwhile may be missed. */
  readonly entries: () => Generator<Entry>
  readonly stat: () => BigIntStats
}

export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? ''

/** Opens for us what its owner, who is us, has closed. */
const unlock = (path: Name): void => {
  const file = openSync(path, O_PATH | FOLDER)
  try {
    chmodSync(`/proc/self/fd/${file}`, OWNERS)
  } finally {
    closeSync(file)
  }
}

const NO_FOLDER: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP'])

function* entriesOf(path: string): Generator<Entry> {
  // Names are bytes; the types know text alone.
  const folder = opendirSync(path, { encoding: 'buffer' as BufferEncoding, bufferSize: 256 })
  try {
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync())
      yield {
        name: entry.name as unknown as Buffer,
        isFolder: entry.isDirectory(),
        isLink: entry.isSymbolicLink(),
      }
  } finally {
    folder.closeSync()
  }
}

/** Opens a folder, no link in its place. `unlocks`: one that is closed to its owner is opened to us first. Null where it is none. */
export const openFolder = (path: Name, { unlocks }: { readonly unlocks: boolean }): FolderHandle | null => {
  let file: number
  try {
    if (unlocks) {
      const stat = lstatSync(path)
      if (stat.isDirectory() && (stat.mode & OWNERS) !== OWNERS) unlock(path)
    }
    file = openSync(path, constants.O_RDONLY | FOLDER)
  } catch (error) {
    if (NO_FOLDER.has(codeOf(error))) return null
    throw error
  }
  const self = `/proc/self/fd/${file}`
  const before = Buffer.from(`${self}/`)
  const at = (name: Name) => Buffer.concat([before, typeof name === 'string' ? Buffer.from(name) : name])
  return {
    at,
    open: (name) => openFolder(at(name), { unlocks }),
    entries: () => entriesOf(self),
    stat: () => fstatSync(file, { bigint: true }),
    [Symbol.dispose]: () => closeSync(file),
  }
}

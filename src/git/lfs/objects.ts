import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, copyFile, lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { LFS_OBJECTS, type LfsPointer, objectPath } from '../../domain/lfs-pointer.ts'
import { LfsProblem } from './problem.ts'

export const objectIn = (repository: string, { oid }: Pick<LfsPointer, 'oid'>): string =>
  join(repository, LFS_OBJECTS, objectPath(oid))

export const hasObject = async (repository: string, pointer: LfsPointer): Promise<boolean> => {
  const found = await lstat(objectIn(repository, pointer)).catch(() => undefined)
  return found?.isFile() === true && found.size === pointer.size
}

/** The folders that lead to an object, which any user inside a container can enter. */
const makeFolders = async (repository: string, file: string): Promise<void> => {
  await mkdir(dirname(file), { recursive: true })
  for (let folder = dirname(file); folder.length > repository.length; folder = dirname(folder))
    await chmod(folder, 0o755)
}

/**
 * Puts an object into a repository of ours: whole and of its own digest, or not at all. `source` is left when it brings
 * more bytes than the pointer says.
 */
export const putObject = async (
  repository: string,
  pointer: LfsPointer,
  source: Readable,
  onBytes: (count: number) => void = () => {},
): Promise<void> => {
  const { oid, size } = pointer
  const made = join(repository, 'lfs/incomplete', oid)
  const target = objectIn(repository, pointer)
  const digest = createHash('sha256')
  let bytes = 0
  try {
    await mkdir(dirname(made), { recursive: true })
    await using file = await open(made, 'w', 0o644)
    for await (const piece of source as AsyncIterable<Buffer>) {
      bytes += piece.length
      if (bytes > size) throw new LfsProblem(`more came than the ${size} bytes that its pointer says`)
      digest.update(piece)
      await file.appendFile(piece)
      onBytes(piece.length)
    }
    if (bytes < size) throw new LfsProblem(`${bytes} bytes came, and its pointer says ${size}`)
    if (digest.digest('hex') !== oid) throw new LfsProblem('what came has another digest than its pointer')
    await makeFolders(repository, target)
    await chmod(made, 0o644)
    await rename(made, target)
  } finally {
    source.destroy()
    await rm(made, { force: true })
  }
}

/** Reads an object of a repository on this disk, also of a user's; no link is followed. Undefined: it is not there. */
export const readObject = async (repository: string, pointer: LfsPointer): Promise<Readable | undefined> => {
  if (!(await hasObject(repository, pointer))) return undefined
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  return (await open(objectIn(repository, pointer), flags)).createReadStream()
}

/** Gives an object of one repository of ours to another. */
export const shareObject = async (from: string, to: string, pointer: LfsPointer): Promise<void> => {
  if (await hasObject(to, pointer)) return
  const target = objectIn(to, pointer)
  const made = join(to, 'lfs/incomplete', pointer.oid)
  await mkdir(dirname(made), { recursive: true })
  await makeFolders(to, target)
  await copyFile(objectIn(from, pointer), made, constants.COPYFILE_FICLONE)
  await chmod(made, 0o644)
  await rename(made, target)
}

import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

const PIECE = 1024 * 1024
const ZEROS = Buffer.alloc(PIECE)

/** The first `size` bytes; what is only zeros takes no space, as the holes of a sparse file do not. */
const copySparse = async (from: FileHandle, path: string, size: number): Promise<void> => {
  const to = await open(path, 'w', 0o600)
  try {
    const piece = Buffer.allocUnsafe(Math.min(PIECE, Math.max(1, size)))
    for (let at = 0; at < size; ) {
      const { bytesRead } = await from.read(piece, 0, Math.min(piece.length, size - at), at)
      if (bytesRead === 0) break
      const bytes = piece.subarray(0, bytesRead)
      if (!bytes.equals(ZEROS.subarray(0, bytesRead))) await to.writev([bytes], at)
      at += bytesRead
    }
    await to.truncate(size)
  } finally {
    await to.close()
  }
}

/**
 * Copies a file that lies directly in a folder a stranger can write: no link is followed, nothing but a regular file is
 * read, and no more than `maxBytes`. Null where there is none; a text says why one that is there was not taken. `to`
 * appears whole or not at all.
 */
export const takeFile = async (input: {
  readonly from: string
  readonly to: string
  readonly maxBytes: number
}): Promise<number | string | null> => {
  const { from, to, maxBytes } = input
  const handle = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ELOOP' || error.code === 'ENXIO') return null
      if (error.code === 'EACCES') return 'it cannot be read'
      throw error
    },
  )
  if (handle === null || typeof handle === 'string') return handle
  try {
    const { size, ...found } = await handle.stat()
    if ((found.mode & constants.S_IFMT) !== constants.S_IFREG) return null
    if (size > maxBytes) return `it has ${size} bytes, over the limit of ${maxBytes}`
    await mkdir(dirname(to), { recursive: true, mode: 0o700 })
    const temporary = `${to}.tmp`
    try {
      await copySparse(handle, temporary, size)
      await rename(temporary, to)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
    return size
  } finally {
    await handle.close()
  }
}

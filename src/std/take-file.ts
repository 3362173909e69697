import { constants, createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'

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
      const source = createReadStream('', { fd: handle.fd, autoClose: false, end: Math.max(0, size - 1) })
      if (size === 0) await open(temporary, 'w', 0o600).then((file) => file.close())
      else await pipeline(source, createWriteStream(temporary, { mode: 0o600 }))
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

import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { formatBytes } from '../../std/bytes.ts'
import { errorMessage } from '../../std/error-message.ts'

/** Many times the size of the engines' own. */
const MOST_BYTES = 256 * 1024

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'it cannot be read',
}

const readBounded = async (path: string): Promise<string> => {
  // A pipe that nobody writes to is not waited for.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const found = await file.stat()
    if (!found.isFile()) throw new Error('it is not a regular file')
    if (found.size > MOST_BYTES) throw new Error(`it is larger than ${formatBytes(MOST_BYTES)}`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** A profile that the user names by its file. Rejects with an Error that says in words why it is none. */
export const readProfileFile = (path: string): Promise<string> =>
  readBounded(path).catch((error: NodeJS.ErrnoException) => {
    throw new Error(WORDS[error.code ?? ''] ?? errorMessage(error), { cause: error })
  })

import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { BerthError } from '../../domain/errors.ts'
import { parseSeccomp } from '../../domain/seccomp-file.ts'
import type { Facts } from '../../plan/facts.ts'
import { formatBytes } from '../../std/bytes.ts'
import { errorMessage } from '../../std/error-message.ts'

/** Many times the size of the engines' own. */
const MOST_BYTES = 256 * 1024

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'it cannot be read',
}

const readFile = async (path: string): Promise<string> => {
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

/** The profile of --seccomp-profile, read once: the task keeps it, whatever becomes of the file. */
export const readSeccomp = async (path: string): Promise<NonNullable<Facts['hardening']>['seccomp']> => {
  const refuse = (why: string) => new BerthError('bad-profile', `--seccomp-profile ${path}: ${why}`)
  const text = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw refuse(WORDS[error.code ?? ''] ?? errorMessage(error))
  })
  const read = parseSeccomp(text)
  if (!read.ok) throw refuse(read.error)
  return { from: path, ...read.value }
}

import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import type { CredentialSource } from './credential.ts'

const MOST_BYTES = 64 * 1024

const missing = (path: string, why: string, cause?: unknown) =>
  new BerthError('no-credentials', `the credential file:${path} cannot be read: ${why}`, {
    hint: 'Make the named file readable. It must contain only the key.',
    ...(cause === undefined ? {} : { cause }),
  })

const readKey = async (handle: FileHandle, path: string): Promise<string> => {
  const about = await handle.stat()
  if (!about.isFile()) throw missing(path, 'it is not a regular file')
  if (about.size > MOST_BYTES) throw missing(path, 'it is too large for a key')
  const value = (await handle.readFile('utf8')).trim()
  if (value === '') throw missing(path, 'it is empty')
  return value
}

const text: CredentialSource['text'] = async (path) => {
  if (!isAbsolute(path)) throw missing(path, 'the path is not absolute')
  let handle: FileHandle
  try {
    // A pipe without a writer must not hold us up.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    throw missing(path, (error as NodeJS.ErrnoException).code ?? String(error), error)
  }
  try {
    return await readKey(handle, path)
  } finally {
    await handle.close()
  }
}

/** `file:/PATH`: what a file of this machine holds, and nothing else in it; for `resolve` one word. */
export const file: CredentialSource = {
  scheme: 'file',
  text,
  resolve: async (path, callerEnv) => {
    const value = await text(path, callerEnv)
    if (/\s/.test(value)) throw missing(path, 'it contains more than one word')
    return value
  },
}

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { formatBytes } from '../std/bytes.ts'
import { errorMessage } from '../std/error-message.ts'
import { type Parsed, parsed, unparsed } from '../std/parsed.ts'

/** Far more than a manifest, a prompt or a file of variables has. */
const MOST_BYTES = 16 * 1024 * 1024

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'it cannot be read',
  ELOOP: 'its links lead round in a circle',
}

const readOpen = (file: number): Parsed<Buffer> => {
  const found = fstatSync(file)
  if (found.isDirectory()) return unparsed('it is a folder')
  // A pipe or a device may have no end.
  if (!found.isFile()) return unparsed('it is not a regular file')
  if (found.size > MOST_BYTES)
    return unparsed(`it has ${formatBytes(found.size)}, and at most ${formatBytes(MOST_BYTES)} are read`)
  return parsed(readFileSync(file))
}

/** Reads a regular file, or says why it cannot be read. */
export const readBytes = (path: string): Parsed<Buffer> => {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      return readOpen(file)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    return unparsed(WORDS[(error as NodeJS.ErrnoException).code ?? ''] ?? errorMessage(error))
  }
}

/** Reads a text file, or says why it cannot be read. */
export const readFile = (path: string): Parsed<string> => {
  const bytes = readBytes(path)
  return bytes.ok ? parsed(bytes.value.toString('utf8')) : bytes
}

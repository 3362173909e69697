import { readFileSync } from 'node:fs'
import { errorMessage } from '../std/error-message.ts'
import { type Parsed, parsed, unparsed } from '../std/parsed.ts'

/** Reads a file, or says why it cannot be read. */
export const readBytes = (path: string): Parsed<Buffer> => {
  try {
    return parsed(readFileSync(path))
  } catch (error) {
    const isMissing = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
    return unparsed(isMissing ? 'there is no such file' : errorMessage(error))
  }
}

/** Reads a text file, or says why it cannot be read. */
export const readFile = (path: string): Parsed<string> => {
  const bytes = readBytes(path)
  return bytes.ok ? parsed(bytes.value.toString('utf8')) : bytes
}

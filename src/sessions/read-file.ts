import { readFileSync } from 'node:fs'
import { errorMessage } from '../std/error-message.ts'
import { type Parsed, parsed, unparsed } from '../std/parsed.ts'

/** Reads a text file, or says why it cannot be read. */
export const readFile = (path: string): Parsed<string> => {
  try {
    return parsed(readFileSync(path, 'utf8'))
  } catch (error) {
    const isMissing = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
    return unparsed(isMissing ? 'there is no such file' : errorMessage(error))
  }
}

import { resolve } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { SCHEMA_BYTES } from '../domain/result-limits.ts'
import { formatBytes } from '../std/bytes.ts'
import { errorMessage } from '../std/error-message.ts'
import type { ClientContext } from './context.ts'
import { readRegular } from './read-files.ts'

/** The text of a JSON Schema in a file. The supervisor checks what it says. */
export const readSchema = async ({ cwd }: Pick<ClientContext, 'cwd'>, path: string): Promise<string> => {
  const refuse = (why: string) => new BerthError('bad-schema', `--output-schema ${path}: ${why}`)
  const bytes = await readRegular(resolve(cwd, path), {
    most: SCHEMA_BYTES,
    refuse,
    tooLarge: (size) => `it has ${formatBytes(size)}, and a schema at most ${formatBytes(SCHEMA_BYTES)}`,
  })
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    JSON.parse(text)
    return text
  } catch (error) {
    throw refuse(`it is not JSON: ${errorMessage(error)}`)
  }
}

import { resolve } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { STARTUP_BYTES, scriptText, tooLongScript } from '../domain/startup-script.ts'
import type { ClientContext } from './context.ts'
import { readRegular } from './read-files.ts'

/** The text of a startup script in a file. */
export const readScript = async ({ cwd }: Pick<ClientContext, 'cwd'>, path: string): Promise<string> => {
  const refuse = (why: string) => new BerthError('bad-file', `--startup-script ${path}: ${why}`)
  const bytes = await readRegular(resolve(cwd, path), { most: STARTUP_BYTES, refuse, tooLarge: tooLongScript })
  const text = scriptText(bytes)
  if (!text.ok) throw refuse(text.error)
  return text.value
}

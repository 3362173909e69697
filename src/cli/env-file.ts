import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { errorMessage } from '../std/error-message.ts'
import type { Context } from './context.ts'

const HINT = 'A line is NAME=VALUE, NAME for the value in this shell, empty, or a comment that begins with #.'

const read = (context: Context, path: string): string => {
  try {
    return readFileSync(resolve(context.cwd, path), 'utf8')
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : errorMessage(error)
    throw new BerthError('bad-env', `--env-file ${path}: ${why}`, { cause: error, hint: HINT })
  }
}

const entriesOf = (text: string, path: string): readonly string[] =>
  text.split('\n').flatMap((raw, index) => {
    const line = raw.replace(/\r$/, '')
    if (/^\s*(#|$)/.test(line)) return []
    // The line may hold a secret: its number is enough.
    if (!/^\s*[A-Za-z_][A-Za-z0-9_]*(=|$)/.test(line))
      throw new BerthError('bad-env', `--env-file ${path}:${index + 1}: this is no variable`, { hint: HINT })
    return [line.trimStart()]
  })

/**
 * The variables of --env-file and --env, as --env takes them; --env overrides a file, and a later file an earlier one.
 * A value is taken as it stands behind the first `=`, as `docker run --env-file` takes it.
 */
export const envEntries = (
  context: Context,
  options: { readonly env?: readonly string[] | undefined; readonly envFile?: readonly string[] | undefined },
): readonly string[] => [
  ...(options.envFile ?? []).flatMap((path) => entriesOf(read(context, path), path)),
  ...(options.env ?? []),
]

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ENV_FILE_HINT, envFileEntries } from '../config/env-file-entries.ts'
import { BerthError } from '../domain/errors.ts'
import { errorMessage } from '../std/error-message.ts'
import type { Context } from './context.ts'

const read = (context: Context, path: string): string => {
  try {
    return readFileSync(resolve(context.cwd, path), 'utf8')
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : errorMessage(error)
    throw new BerthError('bad-env', `--env-file ${path}: ${why}`, { cause: error, hint: ENV_FILE_HINT })
  }
}

/**
 * The variables of --env-file and --env, as --env takes them; --env overrides a file, and a later file an earlier one.
 * A value is taken as it stands behind the first `=`, as `docker run --env-file` takes it.
 */
export const envEntries = (
  context: Context,
  options: { readonly env?: readonly string[] | undefined; readonly envFile?: readonly string[] | undefined },
): readonly string[] => [
  ...(options.envFile ?? []).flatMap((path) => envFileEntries(read(context, path), `--env-file ${path}`)),
  ...(options.env ?? []),
]

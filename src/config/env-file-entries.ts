import { BerthError } from '../domain/errors.ts'

export const ENV_FILE_HINT =
  'A line is NAME=VALUE, NAME for the value in this shell, empty, or a comment that begins with #.'

/** The entries of a file of variables, as --env takes them. `place` names the file in the error bad-env. */
export const envFileEntries = (text: string, place: string): readonly string[] =>
  text.split('\n').flatMap((raw, index) => {
    const line = raw.replace(/\r$/, '')
    if (/^\s*(#|$)/.test(line)) return []
    // The line may hold a secret: its number is enough.
    if (!/^\s*[A-Za-z_][A-Za-z0-9_]*(=|$)/.test(line))
      throw new BerthError('bad-env', `${place}:${index + 1}: this is no variable`, { hint: ENV_FILE_HINT })
    return [line.trimStart()]
  })

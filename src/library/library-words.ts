import { BerthError } from '../domain/errors.ts'
import { SETTING_NAMES } from './setting-names.ts'

/** The name of a setting as the library has it. */
export const camel = (key: string): string => key.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

/** A text about settings in the library's names: `pushTo` for `--push-to`. Commands between backticks stay as they are. */
export const libraryWords = (text: string, settings: ReadonlySet<string> = SETTING_NAMES): string =>
  text
    .split('`')
    .map((part, i) =>
      i % 2 === 1
        ? part
        : part.replace(/(?<![\w-])--([a-z][\w-]*)/gi, (flag, name: string, at: number) =>
            // What the message begins with is the option that was given, also one that does not exist.
            settings.has(camel(name)) || (i === 0 && at === 0) ? camel(name) : flag,
          ),
    )
    .join('`')

/** The error in the library's names. */
export const inLibraryWords = (error: BerthError): BerthError => {
  const [message, hint] = [libraryWords(error.message), libraryWords(error.hint)]
  return message === error.message && hint === error.hint
    ? error
    : new BerthError(error.code, message, { cause: error, hint })
}

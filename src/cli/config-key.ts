import { FILE_KEYS, isKey, type Key, SETTINGS } from '../config/settings.ts'
import { BerthError } from '../domain/errors.ts'
import { didYouMean } from '../std/suggest.ts'

const HINT = 'docs/configuration.md lists every key; `berth config show` prints those of the file.'

/** The setting of that name; throws `usage` with the name that was meant. */
export const configKey = (name: string): Key => {
  if (isKey(name) && SETTINGS[name].scope !== 'request') return name
  if (isKey(name))
    throw new BerthError('usage', `${name}: this setting belongs to one task, give it as --${name}`, { hint: HINT })
  throw new BerthError('usage', `${name}: there is no such setting${didYouMean(name, FILE_KEYS)}`, { hint: HINT })
}

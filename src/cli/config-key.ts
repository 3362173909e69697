import { FILE_KEYS, isKey, type Key, SETTINGS } from '../config/settings.ts'
import { dotted } from '../config/toml-lines.ts'
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

const TABLES_OF_SETTINGS = ['profiles', 'presets', 'agents', 'providers'] as const
type TableOfSettings = (typeof TABLES_OF_SETTINGS)[number]

/** Whether the tables of this name, such as [presets.NAME], hold settings. */
export const isTableOfSettings = (name: string): name is TableOfSettings =>
  TABLES_OF_SETTINGS.some((one) => one === name)

/** The words of KEY, such as `presets.review.image` or `prices."a.b".input`. */
export const configPath = (name: string): readonly string[] => {
  const found = dotted(name, 0)
  if (found === undefined || found.end !== name.length)
    throw new BerthError('usage', `${name}: not a key of the config file`)
  return found.path
}

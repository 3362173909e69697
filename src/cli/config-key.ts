import {
  FILE_KEYS,
  fileName,
  filePath,
  isKey,
  KEY_TABLES,
  type Key,
  keyAt,
  keysOfTable,
  SETTINGS,
} from '../config/settings.ts'
import { dotted } from '../config/toml-lines.ts'
import { BerthError } from '../domain/errors.ts'
import { didYouMean } from '../std/suggest.ts'

const HINT = 'docs/configuration.md lists every key; `berth config show` prints those of the file.'

const tableNamed = (name: string) => KEY_TABLES.find((table) => table === name)

/** Whether a setting alone may stand there: at the top, or in a table such as [github]. */
export const isPlaceOfSetting = (path: readonly string[]): boolean =>
  path.length === 1 || tableNamed(path[0] ?? '') !== undefined

/** The setting of that name, such as image or github.app-id; throws `usage` with the name that was meant. */
export const configKey = (name: string): Key => {
  const key = keyAt([name])
  if (key !== undefined) return key
  const table = tableNamed(name)
  if (table !== undefined)
    throw new BerthError(
      'usage',
      `${name}: this is a table; name a key of it: ${[...keysOfTable(table).keys()].join(', ')}`,
      {
        hint: HINT,
      },
    )
  if (isKey(name) && SETTINGS[name].scope !== 'request') return name
  if (isKey(name))
    throw new BerthError('usage', `${name}: this setting belongs to one task, give it as --${name}`, { hint: HINT })
  throw new BerthError('usage', `${name}: there is no such setting${didYouMean(name, FILE_KEYS.map(fileName))}`, {
    hint: HINT,
  })
}

const TABLES_OF_SETTINGS = ['profiles', 'presets', 'agents', 'providers'] as const
type TableOfSettings = (typeof TABLES_OF_SETTINGS)[number]

/** Whether the tables of this name, such as [presets.NAME], hold settings. */
export const isTableOfSettings = (name: string): name is TableOfSettings =>
  TABLES_OF_SETTINGS.some((one) => one === name)

/** The words of KEY, such as `presets.review.image` or `prices."a.b".input`; a setting also by its key alone. */
export const configPath = (name: string): readonly string[] => {
  const found = dotted(name, 0)
  if (found === undefined || found.end !== name.length)
    throw new BerthError('usage', `${name}: not a key of the config file`)
  const [only] = found.path
  return found.path.length === 1 && only !== undefined && isKey(only) ? filePath(only) : found.path
}

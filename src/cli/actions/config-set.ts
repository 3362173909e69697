import { mkdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseConfig } from '../../config/config-file.ts'
import { setInToml, unsetInToml } from '../../config/edit-toml.ts'
import { readValue } from '../../config/read-value.ts'
import { isKey, type Key, keyAt, SETTINGS } from '../../config/settings.ts'
import { BerthError } from '../../domain/errors.ts'
import { errorMessage } from '../../std/error-message.ts'
import { writeFileDurably } from '../../std/write-file-durably.ts'
import { configKey, configPath, isPlaceOfSetting, isTableOfSettings } from '../config-key.ts'
import type { Context } from '../context.ts'

/** The setting that the path names, and whether it names an entry of it; undefined where it is something else. */
const settingOf = (path: readonly string[]): { readonly key: Key; readonly entry: boolean } | undefined => {
  const own = keyAt(path)
  if (own !== undefined) return { key: own, entry: false }
  const [first = '', , third] = path
  const nested = isTableOfSettings(first)
  const key = nested ? third : first
  const depth = nested ? 3 : 1
  if (key === undefined || !isKey(key)) return undefined
  return { key, entry: path.length > depth }
}

type Plain = string | number | boolean

const plain = (word: string): Plain => {
  if (/^-?\d+(\.\d+)?$/.test(word)) return Number(word)
  return word === 'true' || word === 'false' ? word === 'true' : word
}

type Value = Plain | readonly string[]

/** The words as the file has them for a setting: a list for a list, a number for a number. */
const settingValue = (name: string, key: Key, words: readonly string[]): Value => {
  const { type, expected } = SETTINGS[key]
  const [word = ''] = words
  if (type === 'map')
    throw new BerthError('usage', `${name}: this is a table; set one entry of it, such as ${name}.NAME`)
  if (type !== 'list' && words.length > 1)
    throw new BerthError('usage', `${name}: ${words.length} values were given; expected ${expected}`)
  const result = readValue(key, type === 'list' ? words : word, 'flag')
  if (!result.ok) throw new BerthError('usage', `${name}: ${result.error}`)
  if (type === 'list') return words
  return type === 'number' || type === 'boolean' ? plain(word) : word
}

/** The words as the file has them; of what is no setting, as they look. */
const writtenValue = (name: string, path: readonly string[], words: readonly string[]): Value => {
  const setting = settingOf(path)
  const [word = ''] = words
  if (setting !== undefined && !setting.entry) return settingValue(name, setting.key, words)
  if (setting === undefined && isPlaceOfSetting(path)) configKey(path.join('.'))
  if (words.length > 1 || path.at(-1) === 'inherits') return words
  // The values of all other tables are texts.
  return setting === undefined || setting.key === 'label-concurrency' ? plain(word) : word
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw new BerthError('config-invalid', `${path}: ${errorMessage(error)}`, { cause: error })
  }
}

/** The file itself, where the path is a link to it; the mode that it has. */
const target = (path: string): { readonly file: string; readonly mode: number } => {
  try {
    const file = realpathSync(path)
    return { file, mode: statSync(file).mode & 0o777 }
  } catch {
    return { file: path, mode: 0o600 }
  }
}

/** Changes the text of the config file. What is wrong after it changes nothing. */
const edit = async (
  { paths: { configFile } }: Context,
  name: string,
  change: (before: string) => string,
): Promise<void> => {
  const before = read(configFile)
  let after: string
  try {
    after = change(before)
    parseConfig(after, configFile)
  } catch (error) {
    const message = errorMessage(error).replace(/^.*?:\d+: /, '')
    throw new BerthError('usage', `${name}: ${message}`, { cause: error, hint: `${configFile} is unchanged.` })
  }
  if (after === before) return
  const { file, mode } = target(configFile)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  await writeFileDurably(file, after, { mode })
}

/** Sets one key of the config file. The other lines stay as they are; a wrong value changes nothing. */
export const setAction = async (
  context: Context,
  name: string,
  words: readonly string[],
  options: { readonly json?: boolean },
): Promise<number> => {
  const { configFile } = context.paths
  // A file that is wrong already is told as it is.
  parseConfig(read(configFile), configFile)
  const path = configPath(name)
  const value = writtenValue(name, path, words)
  await edit(context, name, (before) => setInToml(before, path, value))
  if (options.json) context.stdout.write(`${JSON.stringify({ key: name, value, file: configFile })}\n`)
  return 0
}

/** Removes one key from the config file. The other lines stay as they are; a key that is not there changes nothing. */
export const unsetAction = async (
  context: Context,
  name: string,
  options: { readonly json?: boolean },
): Promise<number> => {
  const { configFile } = context.paths
  parseConfig(read(configFile), configFile)
  const path = configPath(name)
  if (settingOf(path) === undefined && isPlaceOfSetting(path)) configKey(path.join('.'))
  let removed = false
  await edit(context, name, (before) => {
    const after = unsetInToml(before, path)
    removed = after !== null
    return after ?? before
  })
  if (options.json) context.stdout.write(`${JSON.stringify({ key: name, removed, file: configFile })}\n`)
  else if (!removed) context.stderr.write(`berth: ${configFile} does not set ${name}\n`)
  return 0
}

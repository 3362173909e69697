import { BerthError } from '../domain/errors.ts'
import { didYouMean } from '../std/suggest.ts'
import { readValue } from './read-value.ts'
import { FILE_KEYS, filePath, isKey, KEY_TABLES, type Key, keysOfTable, SETTINGS } from './settings.ts'

/** A value of the config file, and the line that it stands on. */
export type Found = {
  readonly value: unknown
  readonly line: number /** Its table, as the file spells it. */
  readonly table?: string
}
export type Section = ReadonlyMap<Key, Found>
export type Table = Readonly<Record<string, unknown>>

/** The file that is being read. */
export type FileContext = {
  readonly path: string
  readonly lineOf: (path: readonly string[]) => number
  /** Takes a mistake: throws it, or keeps it while the rest is read. */
  readonly mistake: (error: BerthError) => void
}

export const fileMistake = (file: string, line: number, message: string, cause?: unknown): BerthError =>
  new BerthError('config-invalid', `${file}:${line}: ${message}`, cause === undefined ? {} : { cause })

export const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

/** Where a section stands: at the top of the file, in a profile, in a preset, or in the table of one agent. */
export type Kind = 'file' | 'profile' | 'preset' | 'agent'

const isOfTasks = (key: Key) => SETTINGS[key].scope !== 'supervisor'
const OF_BUNDLES = FILE_KEYS.filter((key) => isOfTasks(key) && key !== 'profile')
const OF_PRESETS = OF_BUNDLES.filter((key) => key !== 'preset')

/** The settings that each kind of section may have. */
export const SECTION_KEYS: Readonly<Record<Kind, readonly Key[]>> = {
  file: FILE_KEYS.filter((key) => filePath(key).length === 1),
  profile: OF_BUNDLES,
  preset: OF_PRESETS,
  agent: OF_PRESETS.filter((key) => key !== 'agent'),
}

/** What else may stand in such a section; other readers read it. */
const EXTRAS: Readonly<Record<Kind, readonly string[]>> = {
  file: ['profiles', 'presets', 'agents', 'providers', 'prices', ...KEY_TABLES],
  profile: ['inherits'],
  preset: ['inherits'],
  agent: [],
}

/** Words of other programs for `inherits`; a preset may not select a preset either. */
const MEANS_INHERITS: readonly string[] = ['extends', 'base', 'parent', 'from']

const unknownKey = (kind: Kind, name: string, known: readonly string[]) => {
  if ((kind === 'profile' || kind === 'preset') && [...MEANS_INHERITS, kind].includes(name))
    return `unknown key "${name}" (did you mean inherits?)`
  if (isKey(name) && filePath(name).length > 1) {
    const [table, own] = filePath(name)
    return `"${name}" is no key of the file: write ${own} in its table [${table}]`
  }
  if (isKey(name) && SETTINGS[name].scope === 'supervisor')
    return `"${name}" is a setting of the supervisor: write it at the top of the file, not in a table of a ${kind}`
  if (isKey(name) && SETTINGS[name].scope === 'request')
    return `"${name}" is a setting of one task: give it as --${name}, not in a file`
  if (kind === 'agent' && isKey(name)) return `"${name}" is not a setting of an agent: write it outside of its table`
  return `unknown key "${name}"${didYouMean(name, known)}`
}

/** Reads the settings of one table. `extras`: keys that other readers read. */
export const readSection = (
  kind: Kind,
  table: Table,
  at: readonly string[],
  context: FileContext,
  extras = EXTRAS[kind],
): Section => {
  const values = new Map<Key, Found>()
  const known: readonly string[] = [...SECTION_KEYS[kind], ...extras]
  for (const [name, raw] of Object.entries(table)) {
    if (extras.includes(name)) continue
    const line = context.lineOf([...at, name])
    if (!isKey(name) || !known.includes(name)) {
      context.mistake(fileMistake(context.path, line, unknownKey(kind, name, known)))
      continue
    }
    const result = readValue(name, raw, 'typed')
    if (result.ok) values.set(name, { value: result.value, line })
    else context.mistake(fileMistake(context.path, line, `${name}: ${result.error}`))
  }
  return values
}

/** Reads the tables whose keys are settings of their own, such as [github]. */
export const readKeyTables = (file: Table, context: FileContext): Section => {
  const values = new Map<Key, Found>()
  for (const table of KEY_TABLES) {
    const raw = file[table] ?? {}
    const keys = keysOfTable(table)
    const refuse = (at: readonly string[], words: string) =>
      context.mistake(fileMistake(context.path, context.lineOf(at), words))
    if (!isTable(raw)) {
      refuse([table], `${table}: expected a table [${table}]`)
      continue
    }
    for (const [name, written] of Object.entries(raw)) {
      const key = keys.get(name)
      if (key === undefined) {
        refuse([table, name], `[${table}]: unknown key "${name}"${didYouMean(name, [...keys.keys()])}`)
        continue
      }
      const result = readValue(key, written, 'typed')
      if (result.ok) values.set(key, { value: result.value, line: context.lineOf([table, name]) })
      else refuse([table, name], `${table}.${name}: ${result.error}`)
    }
  }
  return values
}

import { readFileSync } from 'node:fs'
import { parse, TomlError } from 'smol-toml'
import type { CommandProvider } from '../domain/command-provider.ts'
import { BerthError } from '../domain/errors.ts'
import type { Price } from '../domain/price.ts'
import { didYouMean } from '../std/suggest.ts'
import { readPrices } from './read-prices.ts'
import { readProviders } from './read-providers.ts'
import { readValue } from './read-value.ts'
import { FILE_KEYS, isKey, type Key, SETTINGS } from './settings.ts'
import { tomlLines } from './toml-lines.ts'

export type Found = { readonly value: unknown; readonly line: number }
export type Section = ReadonlyMap<Key, Found>
export type Profile = { readonly values: Section; readonly inherits: Found | null; readonly line: number }
export type ConfigFile = {
  readonly path: string
  readonly exists: boolean
  readonly values: Section
  readonly profiles: ReadonlyMap<string, Profile>
  /** Agents that are configuration alone. */
  readonly providers: ReadonlyMap<string, CommandProvider>
  /** By model. */
  readonly prices: ReadonlyMap<string, Price>
}

type Table = Readonly<Record<string, unknown>>
type Context = { readonly path: string; readonly lineOf: (path: readonly string[]) => number }

const wrong = (file: string, line: number, message: string, cause?: unknown) =>
  new BerthError('config-invalid', `${file}:${line}: ${message}`, cause === undefined ? {} : { cause })

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

const unknownKey = (name: string, known: readonly string[]) => {
  if (isKey(name) && SETTINGS[name].scope === 'supervisor')
    return `"${name}" belongs to the supervisor: it stands at the top of the file, not in a profile`
  if (isKey(name) && SETTINGS[name].scope === 'request')
    return `"${name}" belongs to one task: give it as --${name}, not in a file`
  return `unknown key "${name}"${didYouMean(name, known)}`
}

const isOfProfiles = (key: Key) => key !== 'profile' && SETTINGS[key].scope !== 'supervisor'

const readSection = (table: Table, at: readonly string[], context: Context): Section => {
  const values = new Map<Key, Found>()
  const inProfile = at.length > 0
  const extras = inProfile ? ['inherits'] : ['profiles', 'providers', 'prices']
  const known: readonly string[] = [...FILE_KEYS.filter((key) => !inProfile || isOfProfiles(key)), ...extras]
  for (const [name, raw] of Object.entries(table)) {
    if (extras.includes(name)) continue
    const line = context.lineOf([...at, name])
    if (!isKey(name) || !known.includes(name)) throw wrong(context.path, line, unknownKey(name, known))
    const result = readValue(name, raw, 'typed')
    if (!result.ok) throw wrong(context.path, line, `${name}: ${result.error}`)
    values.set(name, { value: result.value, line })
  }
  return values
}

const readProfile = (name: string, raw: unknown, context: Context): Profile => {
  const at = ['profiles', name]
  const line = context.lineOf(at)
  if (!isTable(raw)) throw wrong(context.path, line, `profiles.${name}: expected a table [profiles.${name}]`)
  const parent = raw['inherits']
  const inheritsLine = context.lineOf([...at, 'inherits'])
  if (parent !== undefined && typeof parent !== 'string')
    throw wrong(context.path, inheritsLine, 'inherits: expected the name of a profile')
  return {
    values: readSection(raw, at, context),
    inherits: parent === undefined ? null : { value: parent, line: inheritsLine },
    line,
  }
}

const checkInheritance = (profiles: ReadonlyMap<string, Profile>, path: string) => {
  for (const start of profiles.keys()) {
    const chain = [start]
    let inherits = profiles.get(start)?.inherits ?? null
    while (inherits !== null) {
      const parent = String(inherits.value)
      const next = profiles.get(parent)
      if (next === undefined)
        throw wrong(
          path,
          inherits.line,
          `inherits: there is no profile "${parent}"${didYouMean(parent, profiles.keys())}`,
        )
      if (chain.includes(parent))
        throw wrong(path, inherits.line, `inherits: profiles go in a circle: ${[...chain, parent].join(' -> ')}`)
      chain.push(parent)
      inherits = next.inherits
    }
  }
}

/** Reads the text of a config file, whole: a mistake in a profile that is not in force is one too. */
export const parseConfig = (toml: string, path: string): ConfigFile => {
  let table: Table
  try {
    table = parse(toml)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const said = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '')
    throw wrong(path, error.line, `this is not TOML: ${said}`, error)
  }
  const context = { path, lineOf: tomlLines(toml) }
  const raw = table['profiles'] ?? {}
  if (!isTable(raw)) throw wrong(path, context.lineOf(['profiles']), 'profiles: expected tables [profiles.NAME]')
  const profiles = new Map(Object.entries(raw).map(([name, value]) => [name, readProfile(name, value, context)]))
  checkInheritance(profiles, path)
  const providers = readProviders(table['providers'] ?? {}, path, context.lineOf)
  const prices = readPrices(table['prices'] ?? {}, path, context.lineOf)
  return { path, exists: true, values: readSection(table, [], context), profiles, providers, prices }
}

export const NO_FILE: ConfigFile = {
  path: '',
  exists: false,
  values: new Map(),
  profiles: new Map(),
  providers: new Map(),
  prices: new Map(),
}

/** The config file; without one there is nothing in it. */
export const readConfigFile = (path: string): ConfigFile => {
  let toml: string
  try {
    toml = readFileSync(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return { ...NO_FILE, path }
    throw new BerthError('config-invalid', `${path}: the config file cannot be read: ${code}`, {
      cause: error,
      hint: 'Make the file readable, or remove it.',
    })
  }
  return parseConfig(toml, path)
}

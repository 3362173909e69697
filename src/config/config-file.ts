import { readFileSync } from 'node:fs'
import { parse, TomlError } from 'smol-toml'
import type { CommandProvider } from '../domain/command-provider.ts'
import { BerthError } from '../domain/errors.ts'
import type { Price } from '../domain/price.ts'
import { firstLine } from '../std/first-line.ts'
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
  /** Settings for one agent alone, by its name. */
  readonly agents: ReadonlyMap<string, Section>
  /** Agents that are configuration alone. */
  readonly providers: ReadonlyMap<string, CommandProvider>
  /** By model. */
  readonly prices: ReadonlyMap<string, Price>
}

type Table = Readonly<Record<string, unknown>>
type Context = {
  readonly path: string
  readonly lineOf: (path: readonly string[]) => number
  /** Takes a mistake: throws it, or keeps it while the rest is read. */
  readonly mistake: (error: BerthError) => void
}

const wrong = (file: string, line: number, message: string, cause?: unknown) =>
  new BerthError('config-invalid', `${file}:${line}: ${message}`, cause === undefined ? {} : { cause })

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

const unknownKey = (kind: Kind, name: string, known: readonly string[]) => {
  if (kind === 'agent')
    return `"${name}" is not a setting of an agent; known: ${known.join(', ')}${didYouMean(name, known)}`
  if (isKey(name) && SETTINGS[name].scope === 'supervisor')
    return `"${name}" is a setting of the supervisor: write it at the top of the file, not in a profile`
  if (isKey(name) && SETTINGS[name].scope === 'request')
    return `"${name}" is a setting of one task: give it as --${name}, not in a file`
  return `unknown key "${name}"${didYouMean(name, known)}`
}

/** What fits one agent and hardly another. */
export const OF_AGENTS: readonly Key[] = ['model', 'base-url', 'provider-arg']

const isOfProfiles = (key: Key) => key !== 'profile' && SETTINGS[key].scope !== 'supervisor'

type Kind = 'file' | 'profile' | 'agent'
const EXTRAS: Readonly<Record<Kind, readonly string[]>> = {
  file: ['profiles', 'agents', 'providers', 'prices'],
  profile: ['inherits'],
  agent: [],
}
const KNOWN: Readonly<Record<Kind, readonly Key[]>> = {
  file: FILE_KEYS,
  profile: FILE_KEYS.filter(isOfProfiles),
  agent: OF_AGENTS,
}

const readSection = (kind: Kind, table: Table, at: readonly string[], context: Context): Section => {
  const values = new Map<Key, Found>()
  const extras = EXTRAS[kind]
  const known: readonly string[] = [...KNOWN[kind], ...extras]
  for (const [name, raw] of Object.entries(table)) {
    if (extras.includes(name)) continue
    const line = context.lineOf([...at, name])
    if (!isKey(name) || !known.includes(name)) {
      context.mistake(wrong(context.path, line, unknownKey(kind, name, known)))
      continue
    }
    const result = readValue(name, raw, 'typed')
    if (result.ok) values.set(name, { value: result.value, line })
    else context.mistake(wrong(context.path, line, `${name}: ${result.error}`))
  }
  return values
}

const readAgents = (raw: unknown, context: Context): ReadonlyMap<string, Section> => {
  if (!isTable(raw)) {
    context.mistake(wrong(context.path, context.lineOf(['agents']), 'agents: expected tables [agents.NAME]'))
    return new Map()
  }
  return new Map(
    Object.entries(raw).flatMap(([name, table]) => {
      const at = ['agents', name]
      if (isTable(table)) return [[name, readSection('agent', table, at, context)] as const]
      context.mistake(wrong(context.path, context.lineOf(at), `agents.${name}: expected a table [agents.${name}]`))
      return []
    }),
  )
}

const readProfile = (name: string, raw: unknown, context: Context): Profile => {
  const at = ['profiles', name]
  const line = context.lineOf(at)
  if (!isTable(raw)) {
    context.mistake(wrong(context.path, line, `profiles.${name}: expected a table [profiles.${name}]`))
    return { values: new Map(), inherits: null, line }
  }
  const parent = raw['inherits']
  const inheritsLine = context.lineOf([...at, 'inherits'])
  if (parent !== undefined && typeof parent !== 'string')
    context.mistake(wrong(context.path, inheritsLine, 'inherits: expected the name of a profile'))
  return {
    values: readSection('profile', raw, at, context),
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
        throw wrong(
          path,
          inherits.line,
          `inherits: these profiles inherit each other: ${[...chain, parent].join(' -> ')}`,
        )
      chain.push(parent)
      inherits = next.inherits
    }
  }
}

const parseTable = (toml: string, path: string): Table => {
  try {
    return parse(toml)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const said = firstLine(error.message).replace(/^Invalid TOML document: /, '')
    throw wrong(path, error.line, `this is not valid TOML: ${said}`, error)
  }
}

/**
 * Reads the text of a config file, whole: a mistake in a profile that is not in force is one too. The first mistake is
 * thrown; with `onMistake` each is told there, and what is right beside it is read.
 */
export const parseConfig = (toml: string, path: string, onMistake?: (error: BerthError) => void): ConfigFile => {
  const mistake =
    onMistake ??
    ((error: BerthError) => {
      throw error
    })
  /** A part that is read as a whole. */
  const part = <T>(read: () => T, without: T): T => {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof BerthError)) throw error
      mistake(error)
      return without
    }
  }
  const table = part(() => parseTable(toml, path), {})
  const context = { path, lineOf: tomlLines(toml), mistake }
  const raw = table['profiles'] ?? {}
  const tables = isTable(raw) ? raw : {}
  if (!isTable(raw)) mistake(wrong(path, context.lineOf(['profiles']), 'profiles: expected tables [profiles.NAME]'))
  const profiles = new Map(Object.entries(tables).map(([name, value]) => [name, readProfile(name, value, context)]))
  part(() => checkInheritance(profiles, path), undefined)
  return {
    path,
    exists: true,
    profiles,
    providers: part(() => readProviders(table['providers'] ?? {}, path, context.lineOf), new Map()),
    prices: part(() => readPrices(table['prices'] ?? {}, path, context.lineOf), new Map()),
    agents: readAgents(table['agents'] ?? {}, context),
    values: readSection('file', table, [], context),
  }
}

export const NO_FILE: ConfigFile = {
  path: '',
  exists: false,
  values: new Map(),
  profiles: new Map(),
  agents: new Map(),
  providers: new Map(),
  prices: new Map(),
}

/** The config file; without one there is nothing in it. */
export const readConfigFile = (path: string, onMistake?: (error: BerthError) => void): ConfigFile => {
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
  return parseConfig(toml, path, onMistake)
}

import { readFileSync } from 'node:fs'
import type { CommandProvider } from '../domain/command-provider.ts'
import { BerthError } from '../domain/errors.ts'
import type { Price } from '../domain/price.ts'
import { parseTable } from './parse-table.ts'
import { readAgents } from './read-agents.ts'
import { type Bundles, checkInheritance, readBundles } from './read-bundles.ts'
import { readPrices } from './read-prices.ts'
import { type FileContext, readKeyTables, readSection, type Section } from './read-section.ts'
import { tomlLines } from './toml-lines.ts'

export type ConfigFile = {
  readonly path: string
  readonly exists: boolean
  readonly values: Section
  readonly profiles: Bundles
  readonly presets: Bundles
  /** Settings for one agent alone, by its name. */
  readonly agents: ReadonlyMap<string, Section>
  /** Agents that are configuration alone. */
  readonly providers: ReadonlyMap<string, CommandProvider>
  /** By model. */
  readonly prices: ReadonlyMap<string, Price>
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
  const context: FileContext = { path, lineOf: tomlLines(toml), mistake }
  const profiles = readBundles('profile', table['profiles'] ?? {}, context)
  const presets = readBundles('preset', table['presets'] ?? {}, context)
  part(() => checkInheritance('profile', profiles, path), undefined)
  part(() => checkInheritance('preset', presets, path), undefined)
  const agents = readAgents({ agents: table['agents'], providers: table['providers'] }, context)
  return {
    path,
    exists: true,
    profiles,
    presets,
    agents: agents.settings,
    providers: agents.programs,
    prices: part(() => readPrices(table['prices'] ?? {}, path, context.lineOf), new Map()),
    values: new Map([...readSection('file', table, [], context), ...readKeyTables(table, context)]),
  }
}

export const NO_FILE: ConfigFile = {
  path: '',
  exists: false,
  values: new Map(),
  profiles: new Map(),
  presets: new Map(),
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

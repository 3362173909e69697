import type { ConfigFile } from '../config/config-file.ts'
import type { Config } from '../config/load-config.ts'
import type { Section } from '../config/read-section.ts'
import { type Key, keyAt, SETTINGS } from '../config/settings.ts'
import { BerthError } from '../domain/errors.ts'
import { configKey, configPath, isPlaceOfSetting, isTableOfSettings } from './config-key.ts'
import { openValue } from './shown-value.ts'

/** A value of the configuration, without secrets. `origin` is null if nothing sets it. */
type ConfigValue = {
  readonly key: Key
  readonly value: unknown
  readonly origin: string | null
  readonly entry: boolean
}

const sectionOf = (file: ConfigFile, table: string, name: string): Section | undefined => {
  if (table === 'profiles') return file.profiles.get(name)?.values
  return table === 'presets' ? file.presets.get(name)?.values : file.agents.get(name)
}

/** The setting that a table of the file has, such as `presets.review.image`. */
const inTable = (file: ConfigFile, name: string, path: readonly string[]): ConfigValue => {
  const [table = '', owner = '', third] = path
  if (third === undefined)
    throw new BerthError('usage', `${name}: this is a table; name a key of it, such as ${table}.NAME.image`)
  const key = configKey(third)
  const found = sectionOf(file, table, owner)?.get(key)
  return {
    key,
    value: openValue(key, found?.value ?? null),
    origin: found === undefined ? null : `${file.path}:${found.line}`,
    entry: false,
  }
}

const inForce = (config: Config, key: Key): ConfigValue => {
  return { key, value: openValue(key, config.values[key]), origin: config.origins[key], entry: false }
}

/** The value that `name` names: a setting in force, a setting of a table of the file, or an entry of either. */
export const configValue = (config: Config, file: ConfigFile, name: string): ConfigValue => {
  const path = configPath(name)
  const own = keyAt(path)
  if (own !== undefined) return inForce(config, own)
  const [first = ''] = path
  const nested = isTableOfSettings(first)
  const whole = nested
    ? inTable(file, name, path)
    : inForce(config, configKey(isPlaceOfSetting(path) ? path.join('.') : first))
  const entries = path.slice(nested ? 3 : 1)
  const [entry] = entries
  if (entry === undefined) return whole
  if (SETTINGS[whole.key].type !== 'map' || entries.length > 1)
    throw new BerthError('usage', `${name}: ${whole.key} has no such entry`)
  const value = (whole.value as Readonly<Record<string, unknown>> | null)?.[entry] ?? null
  return { ...whole, value, origin: value === null ? null : whole.origin, entry: true }
}

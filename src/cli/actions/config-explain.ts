import { readConfigFile } from '../../config/config-file.ts'
import { explainKey, mergeConfig } from '../../config/load-config.ts'
import { fileName, isJoined, SETTINGS } from '../../config/settings.ts'
import { table } from '../../std/table.ts'
import { configKey, configPath } from '../config-key.ts'
import { configValue } from '../config-value.ts'
import type { Context } from '../context.ts'
import { openValue, shownInForce, shownValue } from '../shown-value.ts'
import { terminalWidth } from '../terminal.ts'

export type ConfigOptions = {
  readonly json?: boolean
  readonly agent?: string
  readonly profile?: string
  readonly preset?: string
}

const JOINED = {
  map: 'The tables are joined: of an entry in several, the first one counts.',
  list: 'The lists add up.',
} as const

const flagsOf = ({ agent, profile, preset }: ConfigOptions) => ({ agent, profile, preset })

/** Prints what each layer says of a key, the nearest first, and which one won. */
export const explainAction = async (context: Context, name: string, options: ConfigOptions): Promise<number> => {
  const key = configKey(configPath(name).join('.'))
  const file = readConfigFile(context.paths.configFile)
  const flags = flagsOf(options)
  const { values, origins } = mergeConfig(flags, context.env, file)
  const layers = explainKey(flags, context.env, file, key)
  const joined = SETTINGS[key].type === 'map' || isJoined(key)
  if (options.json) {
    const shown = layers.map(({ value, origin }) => ({ value: openValue(key, value), origin }))
    const answer = {
      key: fileName(key),
      value: openValue(key, values[key]),
      origin: origins[key],
      joined,
      layers: shown,
    }
    context.stdout.write(`${JSON.stringify(answer)}\n`)
    return 0
  }
  const value = shownInForce(key, values[key], origins[key])
  const rows = layers.map((layer, index) => [
    joined ? '+' : index === 0 ? '*' : '',
    layer.origin,
    shownInForce(key, layer.value, layer.origin),
  ])
  const width = terminalWidth(context)
  const columns = [{ title: '' }, { title: 'ORIGIN' }, { title: 'VALUE', flexible: true }]
  const lines = [
    `${fileName(key)} ${value === '' ? 'is not set' : `= ${value}`}`,
    SETTINGS[key].description,
    ...(rows.length === 0 ? [] : ['', ...table(columns, rows, width === undefined ? {} : { width })]),
    ...(joined && rows.length > 1 ? ['', JOINED[SETTINGS[key].type === 'map' ? 'map' : 'list']] : []),
  ]
  context.stdout.write(`${lines.join('\n')}\n`)
  return 0
}

/** Prints the value of a key, as `set` takes it, and nothing else. */
export const getAction = async (context: Context, name: string, options: ConfigOptions): Promise<number> => {
  const file = readConfigFile(context.paths.configFile)
  const config = mergeConfig(flagsOf(options), context.env, file)
  const { key, value, origin, entry } = configValue(config, file, name)
  const asWritten = entry || SETTINGS[key].type === 'bytes'
  const text = options.json
    ? JSON.stringify({ key: name, value, origin })
    : asWritten
      ? String(value ?? '')
      : shownValue(key, value)
  context.stdout.write(`${text}\n`)
  return 0
}

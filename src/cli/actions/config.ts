import { loadConfig } from '../../config/load-config.ts'
import { FILE_KEYS, type Key, SETTINGS } from '../../config/settings.ts'
import { formatBytes } from '../../std/bytes.ts'
import { formatDuration } from '../../std/duration.ts'
import { table } from '../../std/table.ts'
import type { Context } from '../context.ts'
import { terminalWidth } from '../terminal.ts'

const shown = (key: Key, value: unknown): string => {
  if (value === null) return ''
  if (typeof value === 'number' && SETTINGS[key].type === 'bytes') return formatBytes(value)
  if (typeof value === 'number' && SETTINGS[key].type === 'duration') return formatDuration(value)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

export const configAction = async (
  context: Context,
  options: { origin?: boolean; json?: boolean; profile?: string },
): Promise<number> => {
  const flags = options.profile === undefined ? {} : { profile: options.profile }
  const config = loadConfig({ flags, env: context.env, file: context.paths.configFile })
  if (options.json) {
    const keys = FILE_KEYS.map((key) => [
      key,
      options.origin ? { value: config.values[key], origin: config.origins[key] } : { value: config.values[key] },
    ])
    context.stdout.write(`${JSON.stringify(Object.fromEntries(keys))}\n`)
    return 0
  }
  const columns = [
    { title: 'KEY' },
    { title: 'VALUE', flexible: true },
    ...(options.origin ? [{ title: 'ORIGIN' }] : []),
  ]
  const rows = FILE_KEYS.map((key) => [
    key,
    shown(key, config.values[key]),
    ...(options.origin ? [config.origins[key]] : []),
  ])
  const width = terminalWidth(context)
  context.stdout.write(`${table(columns, rows, width === undefined ? {} : { width }).join('\n')}\n`)
  return 0
}

import { loadConfig } from '../../config/load-config.ts'
import { FILE_KEYS } from '../../config/settings.ts'
import { table } from '../../std/table.ts'
import type { Context } from '../context.ts'
import { terminalWidth } from '../terminal.ts'

const shown = (value: unknown): string =>
  value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)

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
    shown(config.values[key]),
    ...(options.origin ? [config.origins[key]] : []),
  ])
  const width = terminalWidth(context)
  context.stdout.write(`${table(columns, rows, width === undefined ? {} : { width }).join('\n')}\n`)
  return 0
}

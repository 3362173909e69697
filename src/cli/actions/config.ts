import { readConfigFile } from '../../config/config-file.ts'
import type { Config } from '../../config/load-config.ts'
import { FILE_KEYS, fileName } from '../../config/settings.ts'
import { table } from '../../std/table.ts'
import type { Context } from '../context.ts'
import { fail } from '../fail.ts'
import { mergeInForce } from '../merge-in-force.ts'
import { openValue, shownInForce } from '../shown-value.ts'
import { terminalWidth } from '../terminal.ts'
import { sayUnknownVariables } from '../unknown-variables.ts'
import type { ConfigOptions } from './config-explain.ts'

/** What the lines say that are right; the mistakes of the others. */
const inForce = (context: Context, flags: Readonly<Record<string, unknown>>, mistakes: unknown[]): Config => {
  const onMistake = (error: unknown) => void mistakes.push(error)
  return mergeInForce(context, flags, readConfigFile(context.paths.configFile, onMistake), onMistake)
}

export const configAction = async (
  context: Context,
  options: ConfigOptions & { origin?: boolean },
): Promise<number> => {
  const { agent, profile, preset } = options
  const flags = { agent, profile, preset }
  const mistakes: unknown[] = []
  const config = inForce(context, flags, mistakes)
  sayUnknownVariables(context)
  const end = () => mistakes.map((error) => fail(context, error, options.json ?? false)).at(0) ?? 0
  if (options.json) {
    const keys = FILE_KEYS.map((key) => {
      const value = openValue(key, config.values[key])
      return [fileName(key), options.origin ? { value, origin: config.origins[key] } : { value }]
    })
    context.stdout.write(`${JSON.stringify(Object.fromEntries(keys))}\n`)
    return end()
  }
  const columns = [
    { title: 'KEY' },
    { title: 'VALUE', flexible: true },
    ...(options.origin ? [{ title: 'ORIGIN' }] : []),
  ]
  const rows = FILE_KEYS.map((key) => [
    fileName(key),
    shownInForce(key, config.values[key], config.origins[key]),
    ...(options.origin ? [config.origins[key]] : []),
  ])
  const width = terminalWidth(context)
  context.stdout.write(`${table(columns, rows, width === undefined ? {} : { width }).join('\n')}\n`)
  return end()
}

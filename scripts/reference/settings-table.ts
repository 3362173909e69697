import { FILE_KEYS, KEYS, type Key, SETTINGS, SUPERVISOR_KEYS, variableOf } from '../../src/config/settings.ts'
import { formatBytes } from '../../src/std/bytes.ts'
import { formatDuration } from '../../src/std/duration.ts'

type Values = Readonly<Record<string, unknown>>

/** Of names and choices; the default of a size or a time is told in its description. */
const shown = (key: Key, value: unknown): string => {
  const { scope, type } = SETTINGS[key]
  if (scope === 'supervisor' && typeof value === 'number')
    return type === 'duration' ? `\`${formatDuration(value)}\`` : `\`${formatBytes(value)}\``
  if (scope === 'supervisor' && Array.isArray(value)) return value.join(', ')
  return typeof value === 'string' && ['string', 'enum'].includes(type) ? `\`${value}\`` : ''
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

const table = (heads: readonly string[], rows: readonly (readonly string[])[]) =>
  [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')

const keyTable = (keys: readonly Key[], defaults: Values) =>
  table(
    ['Key', 'Variable', 'Value', 'Default', 'What it is'],
    keys.map((key) => [
      `\`${key}\``,
      `\`${variableOf(key)}\``,
      SETTINGS[key].expected,
      shown(key, defaults[key]),
      SETTINGS[key].description,
    ]),
  )

/** Every setting, by where it may stand. */
export const settingsTable = (defaults: Values): string => {
  const inFiles = FILE_KEYS.filter((key) => SETTINGS[key].scope !== 'supervisor')
  const ofOneTask = KEYS.filter((key) => SETTINGS[key].scope === 'request')
  return [
    '## Settings\n',
    'Each is a flag of `run` and `start`, a key of the config file, and a variable.\n',
    keyTable(inFiles, defaults),
    '\n## Of the supervisor\n',
    'These hold for all tasks of a state folder. They stand at the top of the config file, which the supervisor reads again when it changes; a variable counts that was set in the shell whose command started the supervisor, as that of `berth serve`.\n',
    keyTable(SUPERVISOR_KEYS, defaults),
    '\n## Of one task\n',
    'These are flags of `run` and `start` only. `args` is what stands after `--`.\n',
    table(
      ['Flag', 'Value', 'Default', 'What it is'],
      ofOneTask.map((key) => [
        key === 'args' ? '`-- ARGS`' : `\`--${key}\``,
        SETTINGS[key].expected,
        shown(key, defaults[key]),
        SETTINGS[key].description,
      ]),
    ),
  ].join('\n')
}

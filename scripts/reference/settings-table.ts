import { KEYS, type Key, SETTINGS, variableOf } from '../../src/config/settings.ts'

type Values = Readonly<Record<string, unknown>>

/** Of names and choices; the default of a size or a time is told in its description. */
const shown = (key: Key, value: unknown): string =>
  typeof value === 'string' && ['string', 'enum'].includes(SETTINGS[key].type) ? `\`${value}\`` : ''

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

const table = (heads: readonly string[], rows: readonly (readonly string[])[]) =>
  [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')

/** Every setting, by where it may stand. */
export const settingsTable = (defaults: Values): string => {
  const inFiles = KEYS.filter((key) => SETTINGS[key].scope !== 'request')
  const ofOneTask = KEYS.filter((key) => SETTINGS[key].scope === 'request')
  return [
    '## Settings\n',
    'Each is a flag of `run` and `start`, a key of the config file, and a variable.\n',
    table(
      ['Key', 'Variable', 'Value', 'Default', 'What it is'],
      inFiles.map((key) => [
        `\`${key}\``,
        `\`${variableOf(key)}\``,
        SETTINGS[key].expected,
        shown(key, defaults[key]),
        SETTINGS[key].description,
      ]),
    ),
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

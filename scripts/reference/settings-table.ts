import {
  EXPERIMENTAL_KEYS,
  FILE_KEYS,
  FLAG_WORDS,
  fileName,
  KEYS,
  type Key,
  SETTINGS,
  SUPERVISOR_KEYS,
  variableOf,
  WHEN_UNSET,
} from '../../src/config/settings.ts'
import { defaultOf } from './default-of.ts'

type Values = Readonly<Record<string, unknown>>

/** A value of its own stands as code, one that Berth finds out as words. */
const shown = (key: Key, value: unknown): string => {
  const standard = defaultOf(key, value)
  if (standard === undefined) return ''
  return standard === WHEN_UNSET[key] ? standard : `\`${standard}\``
}

const described = (key: Key): string =>
  `${EXPERIMENTAL_KEYS.includes(key) ? '**Experimental.** ' : ''}${SETTINGS[key].description}`

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

const table = (heads: readonly string[], rows: readonly (readonly string[])[]) =>
  [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')

const keyTable = (keys: readonly Key[], defaults: Values) =>
  table(
    ['Key', 'Variable', 'Value', 'Default', 'What it is'],
    keys.map((key) => [
      `\`${fileName(key)}\``,
      `\`${variableOf(key)}\``,
      SETTINGS[key].expected,
      shown(key, defaults[key]),
      described(key),
    ]),
  )

/** Every setting, by where it may stand. */
export const settingsTable = (defaults: Values): string => {
  const inFiles = FILE_KEYS.filter((key) => SETTINGS[key].scope !== 'supervisor')
  const ofOneTask = KEYS.filter((key) => SETTINGS[key].scope === 'request')
  return [
    '## Settings\n',
    'Each of these is a flag of `run` and `start`, a key of the config file, and a variable.\n',
    keyTable(inFiles, defaults),
    '\n## Settings of the supervisor\n',
    'These apply to all tasks of a state folder. Write them at the top of the config file, those of GitHub in its table\n`[github]`. The supervisor reads the file again when the file changes. The supervisor takes variables from the shell of the command that\nstarted it, such as `berth serve`.\n',
    keyTable(SUPERVISOR_KEYS, defaults),
    '\n## Settings of one task\n',
    'These are flags of `run` and `start` only. `args` are the arguments after `--`.\n',
    table(
      ['Flag', 'Value', 'Default', 'What it is'],
      ofOneTask.map((key) => [
        `\`${FLAG_WORDS[key] ?? `--${key}`}\``,
        SETTINGS[key].expected,
        shown(key, defaults[key]),
        described(key),
      ]),
    ),
  ].join('\n')
}

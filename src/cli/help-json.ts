import type { Command, Option } from 'commander'
import { NO_FILE } from '../config/config-file.ts'
import { mergeConfig } from '../config/load-config.ts'
import { EXPERIMENTAL_KEYS, isKey, type Key, SETTINGS, WHEN_UNSET } from '../config/settings.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { helpTopic } from './help-topic.ts'

type Json = Readonly<Record<string, unknown>>

const defaults = mergeConfig({}, {}, NO_FILE).values

/** The setting that an option of `run` and `start` gives. */
const settingOf = (command: Command, option: Option): Key | undefined => {
  const name = option.long?.slice(2) ?? ''
  return ['run', 'start'].includes(command.name()) && isKey(name) ? name : undefined
}

const choicesOf = (key: Key): readonly string[] => SETTINGS[key].expected.replace(/^one of /, '').split(', ')

const ofSetting = (key: Key): Json => {
  const { type, expected } = SETTINGS[key]
  const standard = defaults[key]
  return {
    type,
    expected,
    ...(type === 'enum' ? { choices: choicesOf(key) } : {}),
    ...(standard === null && WHEN_UNSET[key] !== undefined
      ? { defaultIs: WHEN_UNSET[key] }
      : { default: standard ?? null }),
    ...(EXPERIMENTAL_KEYS.includes(key) ? { experimental: true } : {}),
  }
}

/** The type of an option that is no setting, by the word for its value. */
const TYPES: Readonly<Record<string, string>> = {
  number: 'number',
  count: 'number',
  duration: 'duration',
  size: 'bytes',
}

const valueName = (option: Option): string | null => /[<[](.+)[>\]]$/.exec(option.flags)?.[1] ?? null

const ofOption = (option: Option): Json => {
  const value = valueName(option)
  if (value === null) return { type: 'boolean', default: option.defaultValue ?? false }
  return {
    type: option.argChoices === undefined ? (TYPES[value] ?? 'string') : 'enum',
    ...(option.argChoices === undefined ? {} : { choices: option.argChoices }),
    default: option.defaultValue ?? null,
  }
}

const optionJson = (command: Command, option: Option): Json => {
  const key = settingOf(command, option)
  return {
    long: option.long ?? null,
    short: option.short ?? null,
    value: valueName(option),
    repeatable: option.variadic || option.parseArg !== undefined,
    description: option.description,
    ...(key === undefined ? ofOption(option) : ofSetting(key)),
  }
}

const commandJson = (command: Command, path: string): Json => ({
  name: path,
  aliases: command.aliases(),
  summary: command.summary() || command.description(),
  description: command.description() || command.summary(),
  usage: `${path} ${command.usage()}`.trim(),
  arguments: command.registeredArguments.map((argument) => ({
    name: argument.name(),
    required: argument.required,
    variadic: argument.variadic,
    description: argument.description,
    default: argument.defaultValue ?? null,
  })),
  options: command.options.filter(({ hidden }) => !hidden).map((option) => optionJson(command, option)),
  commands: command.commands.map((one) => commandJson(one, `${path} ${one.name()}`)),
})

/** The help of a command and of all below it, for programs: arguments, options with types and defaults, exit codes. */
export const helpJson = (program: Command, words: readonly string[]): Json => ({
  ...commandJson(...helpTopic(program, words)),
  exitCodes: EXIT_CODES,
})

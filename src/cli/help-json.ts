import type { Command, Option } from 'commander'
import { NO_FILE } from '../config/config-file.ts'
import { mergeConfig } from '../config/load-config.ts'
import { EXPERIMENTAL_KEYS, isKey, type Key, SETTINGS, WHEN_UNSET } from '../config/settings.ts'
import { EXIT_CODES } from './exit-codes.ts'

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
    default: standard ?? null,
    ...(EXPERIMENTAL_KEYS.includes(key) ? { experimental: true } : {}),
    ...(standard === null && WHEN_UNSET[key] !== undefined ? { defaultIs: WHEN_UNSET[key] } : {}),
  }
}

const ofOption = (option: Option): Json => ({
  type: option.required || option.optional ? 'string' : 'boolean',
  ...(option.argChoices === undefined ? {} : { choices: option.argChoices }),
  default: option.defaultValue ?? null,
})

const optionJson = (command: Command, option: Option): Json => {
  const key = settingOf(command, option)
  return {
    long: option.long ?? null,
    short: option.short ?? null,
    value: /[<[](.+)[>\]]$/.exec(option.flags)?.[1] ?? null,
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

/** The command that the words name, with its path; the program itself where they name none. */
const named = (program: Command, words: readonly string[]): readonly [Command, string] => {
  let command = program
  let path = program.name()
  for (const word of words) {
    const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word))
    if (next === undefined) break
    command = next
    path = `${path} ${next.name()}`
  }
  return [command, path]
}

/** The help of a command and of all below it, for programs: arguments, options with types and defaults, exit codes. */
export const helpJson = (program: Command, words: readonly string[]): Json => ({
  ...commandJson(...named(program, words)),
  exitCodes: EXIT_CODES,
})

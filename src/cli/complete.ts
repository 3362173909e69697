import type { Command, Option } from 'commander'
import {
  type Candidate,
  loginNames,
  optionValues,
  type Ports,
  ruleTargets,
  taskIds,
  turnNumbers,
} from './completion-values.ts'

type Line = {
  readonly words: readonly string[]
  /** What the shell has taken for a word of its own before the one that is written. */
  readonly cut: string
}

/** Some shells make three words of `--state=done`. */
const joined = (given: readonly string[]): Line => {
  const words: string[] = []
  let cut = ''
  for (const [at, word] of given.entries()) {
    const before = words.at(-1)
    const last = at === given.length - 1
    if (word === '=' && before !== undefined) {
      words[words.length - 1] = `${before}=`
      if (last) cut = `${before}=`
    } else if (before?.endsWith('=') && given[at - 1] === '=') {
      words[words.length - 1] = before + word
      if (last) cut = before
    } else words.push(word)
  }
  return { words, cut }
}

const named = (command: Command, word: string): Option | undefined =>
  command.options.find((option) => option.long === word || option.short === word)

/** The words that are no options and no values of one. */
const positionals = (command: Command, words: readonly string[]): readonly string[] => {
  const found: string[] = []
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    if (!word.startsWith('-') || word === '-') found.push(word)
    else if (named(command, word)?.required === true) at += 1
  }
  return found
}

const flags = (command: Command): readonly Candidate[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .filter((option) => option.long)
    .map((option) => ({ value: option.long ?? '', about: option.description }))

const commands = (program: Command): readonly Candidate[] => [
  ...program.commands.flatMap((one) =>
    [one.name(), ...one.aliases()].map((value) => ({ value, about: one.summary() || one.description() })),
  ),
  { value: 'help', about: 'show the help of a command' },
]

const argumentValues = async (
  ports: Ports,
  command: Command,
  words: readonly string[],
): Promise<readonly Candidate[]> => {
  const before = positionals(command, words)
  const { registeredArguments } = command
  const last = registeredArguments.at(-1)
  const argument = registeredArguments[before.length] ?? (last?.variadic ? last : undefined)
  if (argument?.name() === 'id') return await taskIds(ports, command.name(), before)
  if (argument?.name() === 'login') return await loginNames(ports, before)
  if (argument?.name() === 'agent') return (await ports.agents()).map((value) => ({ value, about: '' }))
  if (argument?.name() === 'target') return await ruleTargets(ports, command.name(), before)
  if (argument?.name() === 'turn') return await turnNumbers(ports, before)
  if (argument?.name() === 'shell') return ['bash', 'zsh', 'fish'].map((value) => ({ value, about: '' }))
  return []
}

/** What could stand at the last of a command's own words. */
const commandValues = async (
  ports: Ports,
  command: Command,
  words: readonly string[],
): Promise<readonly Candidate[]> => {
  const before = words.slice(0, -1)
  const current = words.at(-1) ?? ''
  const option = named(command, before.at(-1) ?? '')
  if (option?.required) return await optionValues(ports, option, current, before)
  const [name = '', ...value] = current.split('=')
  const assigned = current.includes('=') ? named(command, name) : undefined
  if (assigned?.required) {
    const values = await optionValues(ports, assigned, value.join('='), before)
    return values.map((one) => ({ ...one, value: `${name}=${one.value}` }))
  }
  return current.startsWith('-') ? flags(command) : await argumentValues(ports, command, before)
}

const candidates = async (ports: Ports, program: Command, words: readonly string[]): Promise<readonly Candidate[]> => {
  if (words.length <= 1) return commands(program)
  // What stands behind it is not ours.
  if (words.slice(0, -1).includes('--')) return []
  const group = program.commands.find((one) => one.name() === words[0] || one.aliases().includes(words[0] ?? ''))
  if (group === undefined) return words[0] === 'help' ? commands(program) : []
  const inner = group.commands.find((one) => one.name() === words[1])
  if (group.commands.length > 0 && words.length === 2) {
    const own = await argumentValues(ports, group, [])
    return [...commands(group).filter(({ value }) => value !== 'help'), ...own]
  }
  return await commandValues(ports, inner ?? group, words.slice(inner === undefined ? 1 : 2))
}

/** What could stand where the last of these words is being written; none where the shell's own files could. */
export const complete = async (
  ports: Ports,
  program: Command,
  given: readonly string[],
): Promise<readonly Candidate[]> => {
  const { words, cut } = joined(given)
  const current = words.at(-1) ?? ''
  return (await candidates(ports, program, words))
    .filter(({ value }) => value.startsWith(current) && value !== '')
    .map((one) => ({ ...one, value: one.value.slice(cut.length) }))
}

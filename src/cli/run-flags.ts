import { type Command, Option } from 'commander'
import { FLAGS } from './flags.ts'

/** Other spellings of a flag, as people's scripts have them. */
const ALIASES: Readonly<Record<string, string>> = {
  provider: 'agent',
  cpu: 'cpus',
  'container-runtime': 'engine',
  'container-image': 'image',
  'container-name': 'name',
  'container-env': 'env',
  'container-volume': 'volume',
  'container-workdir': 'workdir',
  'container-cpu': 'cpus',
  'container-memory': 'memory',
  'container-pids': 'pids',
  'container-pull': 'pull',
  'container-user': 'user',
  'container-label': 'label',
}

const SHORT: Readonly<Record<string, string>> = {
  agent: '-a, ',
  model: '-m, ',
  env: '-e, ',
  volume: '-v, ',
  'provider-arg': '-c, ',
}
const VALUE: Readonly<Record<string, string>> = {
  agent: '<name>',
  model: '<name>',
  'base-url': '<url>',
  'provider-arg': '<key=value>',
  engine: '<engine>',
  image: '<image>',
  user: '<uid[:gid]>',
  workdir: '<path>',
  env: '<name[=value]>',
  volume: '<host:container[:ro]>',
  'push-to': '<branch>',
  repo: '<repository>',
  ref: '<ref>',
  branch: '<branch>',
  'review-base': '<branch>',
  name: '<name>',
  title: '<text>',
  enum: '<choice>',
  duration: '<duration>',
  bytes: '<size>',
  number: '<number>',
  map: '<name=value>',
  list: '<value>',
}

const collect = (value: string, all: readonly string[] = []) => [...all, value]
const isRepeatable = (type: string) => type === 'map' || type === 'list'

/** Variables for a further turn, beside those that the task has. */
export const addEnvFlag = (command: Command): Command =>
  command.option(
    '-e, --env <name[=value]>',
    "a further variable for the agent, or a value that was given with the task's own --env (repeatable)",
    collect,
  )

/** Where the prompt is, in place of an argument. */
export const addPromptFile = (command: Command): Command =>
  command.option('--prompt-file <path>', 'read the prompt from this file')

/** What goes with a prompt. */
export const addFileFlag = (command: Command): Command =>
  addPromptFile(command).option('--file <path>', 'a file or picture that goes with the prompt (repeatable)', collect)

/** Adds every setting of a task as a flag. */
export const addRunFlags = (command: Command): Command => {
  for (const { key, type, description } of FLAGS) {
    const value = type === 'boolean' ? '' : ` ${VALUE[key] ?? VALUE[type] ?? '<value>'}`
    const option = new Option(`${SHORT[key] ?? ''}--${key}${value}`, description)
    command.addOption(isRepeatable(type) ? option.argParser(collect) : option)
  }
  for (const [alias, key] of Object.entries(ALIASES)) {
    const repeatable = isRepeatable(FLAGS.find((flag) => flag.key === key)?.type ?? '')
    const option = new Option(`--${alias} <value>`).hideHelp()
    command.addOption(repeatable ? option.argParser(collect) : option)
  }
  return addFileFlag(command)
    .option('--no-repo', 'work in an empty folder, also where this is a git work tree')
    .option('--profile <name>', 'a profile of the config file')
    .option('--dry-run', 'print the plan and the commands, make nothing')
    .addOption(new Option('--container-dry-run').hideHelp())
}

const camel = (key: string) => key.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

/** The flags that were given, by their key. */
export const givenSettings = (options: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const settings: Record<string, unknown> = {}
  for (const { key, type } of FLAGS) {
    const spellings = [key, ...Object.keys(ALIASES).filter((alias) => ALIASES[alias] === key)]
    const values = spellings.map((name) => options[camel(name)]).filter((value) => value !== undefined)
    // --no-repo is no value.
    if (values.length > 0 && values[0] !== false) settings[key] = isRepeatable(type) ? values.flat() : values[0]
  }
  return settings
}

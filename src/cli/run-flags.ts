import { type Command, Option } from 'commander'
import { collect } from './collect.ts'
import { FLAGS } from './flags.ts'

/** Other spellings of a flag, as people's scripts have them. */
const ALIASES: Readonly<Record<string, string>> = {
  provider: 'agent',
  cpu: 'cpus',
  cd: 'workdir',
  'container-runtime': 'engine',
  'container-engine': 'engine',
  'container-policy': 'policy',
  'container-keep-alive': 'keep-alive',
  'container-image': 'image',
  'container-name': 'name',
  'container-env': 'env',
  'container-volume': 'volume',
  'container-workdir': 'workdir',
  'container-cpu': 'cpus',
  'container-cpus': 'cpus',
  'container-memory': 'memory',
  'container-pids': 'pids',
  'container-pull': 'pull',
  'container-user': 'user',
  'container-label': 'label',
  'container-preset': 'preset',
  'container-gpus': 'gpus',
  'container-device': 'device',
  'container-publish': 'publish',
  'container-shm-size': 'shm-size',
  'container-ulimit': 'ulimit',
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
  login: '<name>',
  'provider-arg': '<key=value>',
  preset: '<name>',
  engine: '<engine>',
  image: '<image>',
  'detach-keys': '<keys>',
  user: '<uid[:gid]>',
  workdir: '<path>',
  env: '<name[=value]>',
  volume: '<host:container[:ro]>',
  tmpfs: '<path[:options]>',
  'security-label': '<label>',
  'seccomp-profile': '<path>',
  'apparmor-profile': '<name>',
  timezone: '<zone>',
  locale: '<locale>',
  publish: '<[ip:]hostport:port>',
  device: '<host[:container[:rwm]]>',
  gpus: '<all|number|device=id>',
  ulimit: '<name=soft[:hard]>',
  runtime: '<name>',
  allow: '<rule>',
  deny: '<rule>',
  'push-to': '<branch>',
  'pr-base': '<branch>',
  'pr-label': '<label>',
  'pr-reviewer': '<login>',
  author: '<author>',
  'co-author': '<author>',
  'ssh-key': '<path>',
  sign: '<key>',
  repo: '<repository>',
  ref: '<ref>',
  branch: '<branch>',
  'review-base': '<branch>',
  'output-schema': '<path>',
  'startup-script': '<path>',
  workspace: '<path>',
  'workspace-template': '<path>',
  'workspace-prefix': '<path>',
  name: '<name>',
  title: '<text>',
  session: '<name>',
  role: '<name>',
  owner: '<name>',
  tag: '<word>',
  'operator-contact': '<text>',
  output: '<path>',
  'transcript-dir': '<path>',
  enum: '<choice>',
  duration: '<duration>',
  bytes: '<size>',
  number: '<number>',
  map: '<name=value>',
  list: '<value>',
}

/** The flags of `run` and `start` by heading, as --help shows them; those that people use first are at the top. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'Used most:': ['repo', 'branch', 'agent', 'model', 'image', 'env', 'volume', 'prompt-file'],
  'Agent:': [
    'interactive',
    'mode',
    'review-base',
    'file',
    'output-schema',
    'output-tries',
    'env-file',
    'provider-arg',
    'base-url',
    'credential',
    'login',
    'login-route',
    'login-inside',
    'login-header',
    'login-from-host',
  ],
  'Repository and push:': [
    ...['ref', 'no-repo', 'source', 'depth', 'lfs', 'submodules', 'shared-tree', 'uncommitted'],
    ...['push', 'push-to', 'push-retries', 'git-credentials', 'ssh-key', 'ssh-key-inside'],
    ...['pr', 'pr-draft', 'pr-base', 'pr-label', 'pr-reviewer'],
    ...['author', 'co-author', 'sign'],
    ...['workspace', 'workspace-template', 'workspace-prefix', 'reuse-existing'],
  ],
  'Container:': [
    'isolation',
    'host-permissive',
    'engine',
    'pull',
    'policy',
    'allow',
    'deny',
    'user',
    'workdir',
    'timezone',
    'locale',
    'startup-script',
    'keep-alive',
    'pool',
    'publish',
    'device',
    'gpus',
    'runtime',
  ],
  'Limits:': [
    'memory',
    'cpus',
    'pids',
    'shm-size',
    'ulimit',
    'turn-timeout',
    'task-timeout',
    'idle-timeout',
    'output-limit',
  ],
  'Hardening:': ['read-only', 'tmpfs', 'security-label', 'seccomp-profile', 'apparmor-profile'],
  'Waiting and retrying:': ['priority', 'retries', 'retry-delay', 'rate-limit'],
  'Name and output:': [
    ...['name', 'title', 'label', 'session', 'role', 'owner', 'tag', 'operator-contact'],
    ...['output', 'transcript-dir'],
    ...['preset', 'profile', 'dry-run', 'quiet', 'json', 'detach-keys'],
  ],
}

const isRepeatable = (type: string) => type === 'map' || type === 'list'

const ENV_FILE = 'give the agent the variables of this file, a line each as for --env (repeatable)'

/** Variables for a further turn, beside those that the task has. */
export const addEnvFlag = (command: Command): Command =>
  command
    .option(
      '-e, --env <name[=value]>',
      "give the agent a further variable, or the value of one of the task's --env again (repeatable)",
      collect,
    )
    .option('--env-file <path>', ENV_FILE, collect)

const PROMPT_FILE = 'read the prompt from this file'
const FILE = 'send this file or picture with the prompt (repeatable)'

/** Where the prompt is, in place of an argument. */
export const addPromptFile = (command: Command): Command => command.option('--prompt-file <path>', PROMPT_FILE)

/** What goes with a prompt. */
export const addFileFlag = (command: Command): Command => addPromptFile(command).option('--file <path>', FILE, collect)

const settingOption = ({ key, type, description }: (typeof FLAGS)[number]): Option => {
  const value = type === 'boolean' ? '' : ` ${VALUE[key] ?? VALUE[type] ?? '<value>'}`
  const option = new Option(`${SHORT[key] ?? ''}--${key}${value}`, description)
  return isRepeatable(type) || key === 'repo' ? option.argParser(collect) : option
}

const runOptions = (): readonly Option[] => [
  ...FLAGS.map(settingOption),
  new Option('--prompt-file <path>', PROMPT_FILE),
  new Option('--login-from-host', 'copy the login of your own CLI first, which loses its own by that'),
  new Option('--file <path>', FILE).argParser(collect),
  new Option('--env-file <path>', ENV_FILE).argParser(collect),
  new Option('--no-repo', 'work in an empty folder, even inside a git work tree'),
  new Option('--profile <name>', 'use this profile of the config file'),
  new Option(
    '--dry-run',
    'print the plan and the command lines, and create no task; pulls the image as the task would',
  ),
]

/** Adds every setting of a task as a flag, and `own`, the command's own ones; each under its heading. */
export const addRunFlags = (command: Command, own: readonly Option[]): Command => {
  const options = new Map([...runOptions(), ...own].map((option) => [option.long?.slice(2) ?? '', option]))
  for (const [heading, names] of Object.entries(GROUPS)) {
    command.optionsGroup(heading)
    for (const name of names) {
      const option = options.get(name)
      if (option !== undefined) command.addOption(option)
      options.delete(name)
    }
  }
  // One that no group names yet: a test finds it.
  command.optionsGroup('Options:')
  for (const option of options.values()) command.addOption(option)
  for (const [alias, key] of Object.entries(ALIASES)) {
    const repeatable = isRepeatable(FLAGS.find((flag) => flag.key === key)?.type ?? '')
    const option = new Option(`--${alias} <value>`).hideHelp()
    command.addOption(repeatable ? option.argParser(collect) : option)
  }
  return command
    .addOption(new Option('--container-dry-run').hideHelp())
    .addOption(new Option('--container-disable-network').hideHelp().conflicts(['policy', 'containerPolicy']))
    .addOption(new Option('--container-env-file <value>').hideHelp().argParser(collect))
    .optionsGroup('Name and output:')
    .helpOption(true)
}

const camel = (key: string) => key.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

/** The first is the main one. */
const repositoriesOf = ([repo, ...repos]: readonly string[]): Record<string, unknown> =>
  repos.length === 0 ? { repo } : { repo, repos }

/** The flags that were given, by their key. */
export const givenSettings = (options: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const settings: Record<string, unknown> = {}
  for (const { key, type } of FLAGS) {
    const spellings = [key, ...Object.keys(ALIASES).filter((alias) => ALIASES[alias] === key)]
    const values = spellings.map((name) => options[camel(name)]).filter((value) => value !== undefined)
    // --no-repo is no value.
    if (values.length > 0 && values[0] !== false) settings[key] = isRepeatable(type) ? values.flat() : values[0]
    if (key === 'repo' && Array.isArray(values[0])) Object.assign(settings, repositoriesOf(values[0]))
  }
  // A folder without a leading slash lies in the work tree.
  const { cd } = options
  if (typeof cd === 'string' && settings['workdir'] === cd && !cd.startsWith('/')) settings['workdir'] = `/work/${cd}`
  if (options['containerDisableNetwork'] === true) settings['policy'] = 'sandboxed'
  return settings
}

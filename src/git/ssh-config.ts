import { SSH_FILES } from '../domain/ssh-files.ts'
import { shellWords } from '../std/shell-words.ts'
import { badKey } from './ssh-key-error.ts'

/** What the caller's configuration of ssh may say of a host: how to reach and to know it, and never who one is there. */
const KEPT = new Set([
  ...['hostname', 'port', 'user', 'addressfamily', 'bindaddress', 'bindinterface'],
  ...['proxycommand', 'proxyjump', 'proxyusefdpass', 'connecttimeout', 'connectionattempts', 'tcpkeepalive'],
  ...['serveraliveinterval', 'serveralivecountmax', 'compression'],
  ...['hostkeyalias', 'userknownhostsfile', 'globalknownhostsfile', 'stricthostkeychecking', 'checkhostip'],
  ...['hashknownhosts', 'updatehostkeys', 'verifyhostkeydns', 'nohostauthenticationforlocalhost', 'revokedhostkeys'],
  ...['ciphers', 'macs', 'kexalgorithms', 'hostkeyalgorithms', 'casignaturealgorithms', 'pubkeyacceptedalgorithms'],
  'requiredrsasize',
])

/** Where git connects to. */
export type SshTarget = { readonly host: string; readonly user?: string; readonly port?: string }

/** What ssh would do for a target: lines of `ssh -G`, names in small letters. */
export type EffectiveConfig = readonly (readonly [name: string, value: string])[]

/**
 * The words of the caller's ssh command. A shell would read more in it than words: such a command is refused, since its
 * options could not be told apart.
 */
export const sshCommandWords = (command: string | undefined, home: string | undefined): readonly string[] => {
  if (command === undefined || command.trim() === '') return ['ssh']
  const words = /[$`;&|<>(){}\n]/.test(command) ? undefined : shellWords(command)
  if (words === undefined || words.length === 0)
    throw badKey(
      `your ssh command (GIT_SSH_COMMAND, or core.sshCommand of git) is more than a program with options: ${command.slice(0, 200)}`,
      'Write it without $, quotes within words, pipes and the like, or unset it for this call.',
    )
  return words.map((word) => (home !== undefined && word.startsWith('~/') ? `${home}${word.slice(1)}` : word))
}

/** The question to ssh what it would do. */
export const configQuestion = (command: readonly string[], { host, user, port }: SshTarget): readonly string[] => [
  ...command,
  '-G',
  ...(port === undefined ? [] : ['-p', port]),
  user === undefined ? host : `${user}@${host}`,
]

export const parseConfig = (text: string): EffectiveConfig =>
  text.split('\n').flatMap((line) => {
    const [, name = '', value = ''] = /^(\S+) (.+)$/.exec(line) ?? []
    return name === '' ? [] : [[name.toLowerCase(), value] as const]
  })

const saidOf = (config: EffectiveConfig, name: string): string | undefined => config.find(([key]) => key === name)?.[1]

/** The only place that a key serves, as `ssh-add -h` takes it, and the files that know its host keys. */
export const destinationOf = (
  config: EffectiveConfig,
): { readonly place: string; readonly knownHosts: readonly string[] } => {
  const { host, port } = { host: saidOf(config, 'hostname') ?? '', port: saidOf(config, 'port') ?? '22' }
  const known = saidOf(config, 'hostkeyalias') ?? (port === '22' ? host : `[${host}]:${port}`)
  const user = saidOf(config, 'user')
  return {
    place: user === undefined ? known : `${user}@${known}`,
    knownHosts: ['userknownhostsfile', 'globalknownhostsfile'].flatMap((name) =>
      (saidOf(config, name) ?? '').split(' ').filter((path) => path !== '' && path !== 'none' && path !== '/dev/null'),
    ),
  }
}

/** The file that the caller's command names with -F, or those that ssh reads by itself: for a host on the way. */
const otherFiles = (command: readonly string[]): readonly string[] => {
  const at = command.findIndex((word) => word.startsWith('-F'))
  if (at < 0) return ['~/.ssh/config', '/etc/ssh/ssh_config']
  const file = command[at] === '-F' ? (command[at + 1] ?? 'none') : (command[at] ?? '').slice(2)
  return ['none', '/dev/null'].includes(file) ? [] : [file]
}

/** What holds in a container too: names and numbers of the host, and no file or program of this machine. */
const COPIED = ['hostname', 'port', 'user', 'hostkeyalias']

/** A configuration of ssh in a container, for the host of the repository alone. `folder`: where the other files are there. */
export const copiedConfig = ({ host }: SshTarget, config: EffectiveConfig, folder: string): string => {
  const kept = config.filter(([name]) => COPIED.includes(name)).map(([name, value]) => `${name} ${value}`)
  const own = [
    `IdentityFile ${folder}/${SSH_FILES.key}`,
    `UserKnownHostsFile ${folder}/${SSH_FILES.knownHosts}`,
    ...['GlobalKnownHostsFile none', 'StrictHostKeyChecking yes', 'IdentitiesOnly yes', 'IdentityAgent none'],
    ...['PreferredAuthentications publickey', 'BatchMode yes'],
  ]
  return `${[`Host ${host}`, ...[...own, ...kept].map((line) => `  ${line}`)].join('\n')}\n`
}

/** A configuration by which ssh reaches the target as the caller's would, with one key of one agent alone. */
export const configText = (input: {
  readonly target: SshTarget
  readonly config: EffectiveConfig
  readonly command: readonly string[]
  readonly agent: string
  readonly publicKey: string
}): string => {
  const { target, config, command, agent, publicKey } = input
  const kept = config.filter(([name]) => KEPT.has(name)).map(([name, value]) => `  ${name} ${value}`)
  const own = [
    `  IdentityAgent "${agent}"`,
    `  IdentityFile "${publicKey}"`,
    ...['IdentitiesOnly yes', 'PreferredAuthentications publickey', 'BatchMode yes'].map((line) => `  ${line}`),
    ...['ForwardAgent no', 'ControlMaster no', 'ControlPath none', 'AddKeysToAgent no'].map((line) => `  ${line}`),
  ]
  const others = otherFiles(command).map((path) => `  Include ${path}`)
  const rest = others.length === 0 ? [] : [`Host * !${target.host}`, ...others]
  return `${[`Host ${target.host}`, ...own, ...kept, ...rest].join('\n')}\n`
}

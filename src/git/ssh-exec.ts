import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { urlParts, urlUser } from '../domain/repository-url.ts'
import { shellWord } from '../std/shell-word.ts'
import { effectiveUrl, remoteConfig } from './effective-url.ts'
import { type Exec, succeeded } from './exec.ts'
import type { CallerEnv } from './git.ts'
import { remoteExec } from './remote-exec.ts'
import type { GitProgram } from './run-git.ts'
import { addKey, type SshFolder } from './ssh-agents.ts'
import {
  configQuestion,
  configText,
  destinationOf,
  parseConfig,
  type SshTarget,
  sshCommandWords,
} from './ssh-config.ts'
import { readSshKey } from './ssh-key.ts'
import { badKey } from './ssh-key-error.ts'
import { sshProgram, sshWords } from './ssh-program.ts'

type SshRemote = {
  readonly program: GitProgram
  readonly callerEnv: CallerEnv
  /** The path of the private key. */
  readonly key: string
  readonly url: string
  readonly isPush: boolean
  readonly folder: () => SshFolder
}

/** Undefined: git does not use ssh for it. */
const targetOf = (url: string): SshTarget | undefined => {
  const parts = urlParts(url)
  if (parts?.transport !== 'ssh') return undefined
  const { host, port } = parts
  const user = urlUser(url)
  return {
    host: host.replace(/^\[(.*)\]$/, '$1'),
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
  }
}

/** The caller's ssh command, as git would find it. */
const commandOf = (callerEnv: CallerEnv, configured: string | undefined): string | undefined => {
  const { GIT_SSH_COMMAND, GIT_SSH } = callerEnv
  return GIT_SSH_COMMAND ?? configured ?? (GIT_SSH === undefined ? undefined : shellWord(GIT_SSH))
}

/** Writes what ssh needs for this target and this key into the folder; git's ssh command. */
const prepare = async (
  { program, callerEnv, key }: SshRemote,
  {
    target,
    sshCommand,
    folder,
  }: { readonly target: SshTarget; readonly sshCommand: string | undefined; readonly folder: SshFolder },
  signal?: AbortSignal,
): Promise<string> => {
  const command = sshCommandWords(commandOf(callerEnv, sshCommand), callerEnv['HOME'])
  const run = sshProgram(callerEnv, program.path)
  const usable = await readSshKey(key, { run, agent: callerEnv['SSH_AUTH_SOCK'], ...(signal && { signal }) })
  const asked = await run(configQuestion(command, target), { signal })
  if (!succeeded(asked)) throw badKey(`ssh does not say how it would reach ${target.host}: ${sshWords(asked)}`)
  const config = parseConfig(asked.stdout.toString())
  const path = callerEnv['PATH'] ?? program.path
  const agent = usable.agent ?? (await folder.agent(path, signal))
  if (usable.agent === null)
    await addKey(key, destinationOf(config), { run: sshProgram({ ...callerEnv, SSH_AUTH_SOCK: agent }, path), signal })
  const publicKey = join(folder.path, 'key.pub')
  writeFileSync(publicKey, `${usable.publicLine}\n`, { mode: 0o600 })
  const file = join(folder.path, 'config')
  writeFileSync(file, configText({ target, config, command, agent, publicKey }), { mode: 0o600 })
  const options = command.findIndex((word) => word.startsWith('-'))
  const own = options < 0 ? command : command.slice(0, options)
  return [...own, '-F', file].map(shellWord).join(' ')
}

/**
 * Git that talks to a remote with one private key, where it talks by ssh: the key is in an agent of this one run, which
 * signs for the repository's host alone. How ssh reaches the host is as in the caller's configuration; other keys and
 * agents are not used. Rejects with bad-ssh-key, ssh-key-locked, and repository-unreachable for a host whose key nobody
 * knows.
 */
export const sshExec = (remote: SshRemote): Exec => {
  const { program, callerEnv, url, isPush } = remote
  const plain = remoteExec(program, callerEnv)
  return async (args, options) => {
    const config = await remoteConfig(plain, options.signal)
    const target = targetOf(effectiveUrl(config, url, isPush))
    if (target === undefined) return await plain(args, options)
    await using folder = remote.folder()
    const { sshCommand } = config
    const command = await prepare(remote, { target, sshCommand, folder }, options.signal)
    const env = { ...callerEnv, GIT_SSH_COMMAND: command, GIT_SSH_VARIANT: 'ssh' }
    return await remoteExec(program, env)(args, options)
  }
}

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { shellWord } from '../std/shell-word.ts'
import type { Exec } from './exec.ts'
import { remoteExec } from './remote-exec.ts'
import { addKey, type SshFolder } from './ssh-agents.ts'
import { configText, destinationOf } from './ssh-config.ts'
import { readSshKey } from './ssh-key.ts'
import { sshProgram } from './ssh-program.ts'
import { type Reach, reach, type SshUrl } from './ssh-reach.ts'

type SshRemote = SshUrl & {
  /** The path of the private key. */
  readonly key: string
  readonly folder: () => SshFolder
}

/** Writes what ssh needs for this target and this key into the folder; git's ssh command. */
const prepare = async (
  { program, callerEnv, key }: SshRemote,
  { target, command, config, run }: Reach,
  folder: SshFolder,
  signal?: AbortSignal,
): Promise<string> => {
  const usable = await readSshKey(key, { run, agent: callerEnv['SSH_AUTH_SOCK'], ...(signal && { signal }) })
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
export const sshExec =
  (remote: SshRemote): Exec =>
  async (args, options) => {
    const { program, callerEnv } = remote
    const found = await reach(remote, options.signal)
    if (found === undefined) return await remoteExec(program, callerEnv)(args, options)
    await using folder = remote.folder()
    const command = await prepare(remote, found, folder, options.signal)
    const env = { ...callerEnv, GIT_SSH_COMMAND: command, GIT_SSH_VARIANT: 'ssh' }
    return await remoteExec(program, env)(args, options)
  }

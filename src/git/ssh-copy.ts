import { readFile } from 'node:fs/promises'
import { BerthError } from '../domain/errors.ts'
import { SSH_FILES } from '../domain/ssh-files.ts'
import type { Git } from './git.ts'
import type { GitProgram } from './run-git.ts'
import { copiedConfig, destinationOf } from './ssh-config.ts'
import { readSshKey } from './ssh-key.ts'
import { badKey } from './ssh-key-error.ts'
import type { SshProgram } from './ssh-program.ts'
import { reach } from './ssh-reach.ts'

const hostKeys = async (
  { place, knownHosts }: ReturnType<typeof destinationOf>,
  run: SshProgram,
  signal?: AbortSignal,
): Promise<string> => {
  const name = place.slice(place.lastIndexOf('@') + 1)
  const found = await Promise.all(knownHosts.map((file) => run(['ssh-keygen', '-F', name, '-f', file], { signal })))
  const lines = found.flatMap(({ stdout }) => stdout.toString().split('\n')).filter((line) => /^[^#\s]/.test(line))
  if (lines.length > 0) return `${lines.join('\n')}\n`
  throw new BerthError('repository-unreachable', `--ssh-key-inside: no known_hosts file has a key of ${name}`, {
    hint: 'Connect to it once by hand, as with `ssh -T git@HOST`, and compare its fingerprint; or add its host key.',
  })
}

/** The files by which ssh in a container reaches the host of a URL with a copy of the key. */
export const sshCopy = async (
  program: GitProgram,
  { sshKey, url, folder, callerEnv, signal }: Parameters<Git['sshFiles']>[0],
): Promise<Readonly<Record<string, string>>> => {
  const found = await reach({ program, callerEnv, url, isPush: true }, signal)
  if (found === undefined) throw badKey('the repository is not reached by ssh, so a copy inside has no use')
  const { target, config, run } = found
  await readSshKey(sshKey, { run, agent: undefined, ...(signal && { signal }) })
  return {
    [SSH_FILES.key]: await readFile(sshKey, 'utf8'),
    [SSH_FILES.knownHosts]: await hostKeys(destinationOf(config), run, signal),
    [SSH_FILES.config]: copiedConfig(target, config, folder),
  }
}

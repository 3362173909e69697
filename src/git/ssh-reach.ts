import { urlParts, urlUser } from '../domain/repository-url.ts'
import { shellWord } from '../std/shell-word.ts'
import { effectiveUrl, remoteConfig } from './effective-url.ts'
import { succeeded } from './exec.ts'
import type { CallerEnv } from './git.ts'
import { remoteExec } from './remote-exec.ts'
import type { GitProgram } from './run-git.ts'
import { configQuestion, type EffectiveConfig, parseConfig, type SshTarget, sshCommandWords } from './ssh-config.ts'
import { badKey } from './ssh-key-error.ts'
import { type SshProgram, sshProgram, sshWords } from './ssh-program.ts'

export type SshUrl = {
  readonly program: GitProgram
  readonly callerEnv: CallerEnv
  readonly url: string
  readonly isPush: boolean
}

/** How the caller's ssh reaches the host of a URL. */
export type Reach = {
  readonly target: SshTarget
  /** The words of the caller's ssh command. */
  readonly command: readonly string[]
  readonly config: EffectiveConfig
  readonly run: SshProgram
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

/** Asks git and ssh how they would reach a URL; undefined: not by ssh. Rejects with bad-ssh-key. */
export const reach = async (
  { program, callerEnv, url, isPush }: SshUrl,
  signal?: AbortSignal,
): Promise<Reach | undefined> => {
  const ofGit = await remoteConfig(remoteExec(program, callerEnv), signal)
  const target = targetOf(effectiveUrl(ofGit, url, isPush))
  if (target === undefined) return undefined
  const command = sshCommandWords(commandOf(callerEnv, ofGit.sshCommand), callerEnv['HOME'])
  const run = sshProgram(callerEnv, program.path)
  const asked = await run(configQuestion(command, target), { signal })
  if (!succeeded(asked)) throw badKey(`ssh does not say how it would reach ${target.host}: ${sshWords(asked)}`)
  return { target, command, config: parseConfig(asked.stdout.toString()), run }
}

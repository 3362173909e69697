import { type SpawnResult, spawn } from '../std/spawn.ts'
import { LIMIT } from './exec.ts'
import type { CallerEnv } from './git.ts'
import { gitWords } from './git-words.ts'
import { badKey } from './ssh-key-error.ts'

type Options = { readonly stdin?: string; readonly signal?: AbortSignal | undefined }

/** Runs a program of OpenSSH: its name or path, then its arguments. It asks nobody. */
export type SshProgram = (words: readonly string[], options?: Options) => Promise<SpawnResult>

/** The programs of OpenSSH in a caller's PATH, with its agent if it has one. */
export const sshProgram =
  (callerEnv: CallerEnv, path: string): SshProgram =>
  async ([program = '', ...args], { stdin, signal } = {}) => {
    signal?.throwIfAborted()
    const { PATH = path, HOME, USER, SSH_AUTH_SOCK } = callerEnv
    const env = {
      PATH,
      LC_ALL: 'C',
      SSH_ASKPASS_REQUIRE: 'never',
      ...(HOME === undefined ? {} : { HOME }),
      ...(USER === undefined ? {} : { USER }),
      ...(SSH_AUTH_SOCK === undefined ? {} : { SSH_AUTH_SOCK }),
    }
    const result = await spawn(program, args, {
      ...{ cwd: '/', env, limitMs: LIMIT.ask },
      ...(stdin !== undefined && { stdin }),
      ...(signal && { signal }),
    })
    signal?.throwIfAborted()
    if (result.end === 'not-started' || result.code === 127) throw notStarted(program, result)
    return result
  }

/** A program of OpenSSH that is not there. */
export const notStarted = (program: string, { error, stderr }: Pick<SpawnResult, 'error' | 'stderr'>) =>
  badKey(
    `could not start ${program} (${error ?? stderr.trim().slice(0, 200)})`,
    'Install the client of OpenSSH (on Debian: `apt-get install openssh-client`).',
  )

/** The last words of a program of OpenSSH. */
export const sshWords = (result: SpawnResult): string => gitWords(result, LIMIT.ask).replaceAll('\n', '; ')

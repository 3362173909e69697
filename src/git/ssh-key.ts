import { type Stats, statSync } from 'node:fs'
import { BerthError } from '../domain/errors.ts'
import { succeeded } from './exec.ts'
import { badKey } from './ssh-key-error.ts'
import { type SshProgram, sshWords } from './ssh-program.ts'

const OTHERS = 0o077

/** A private key that can be used now. `agent`: the socket of the caller's agent, which holds it; null: it has no passphrase. */
export type UsableKey = { readonly publicLine: string; readonly agent: string | null }

const statOf = (path: string): Stats => {
  try {
    return statSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw badKey(code === 'ENOENT' ? `${path}: there is no such file` : `${path} cannot be read (${code})`)
  }
}

/** ssh itself uses no key that others may read. */
const checkFile = (path: string): void => {
  const stat = statOf(path)
  if (!stat.isFile()) throw badKey(`${path} is no regular file`, 'Give the path of a private key.')
  if ((stat.mode & OTHERS) !== 0)
    throw badKey(
      `${path} is open to other users (mode ${(stat.mode & 0o777).toString(8)})`,
      `Close it: \`chmod 600 ${path}\`. If somebody else may have read it, make a new key.`,
    )
}

const fingerprints = (text: string): readonly string[] =>
  text.split('\n').map((line) => /^\d+ (\S+:\S+) /.exec(line)?.[1] ?? '')

/** The key's line in the caller's agent, if that holds it. */
const inAgent = async (path: string, run: SshProgram, signal?: AbortSignal): Promise<string | undefined> => {
  const key = await run(['ssh-keygen', '-l', '-f', path], { signal })
  const [wanted = ''] = fingerprints(key.stdout.toString())
  const held = await run(['ssh-add', '-L'], { signal })
  if (wanted === '' || !succeeded(held)) return undefined
  const lines = held.stdout.toString()
  const all = await run(['ssh-keygen', '-l', '-f', '-'], { stdin: lines, signal })
  const at = fingerprints(all.stdout.toString()).indexOf(wanted)
  return at < 0 ? undefined : lines.split('\n')[at]
}

/**
 * Looks at a private key as ssh would use it now. Rejects with bad-ssh-key, and with ssh-key-locked for one with a
 * passphrase that the caller's agent does not hold.
 */
export const readSshKey = async (
  path: string,
  {
    run,
    agent,
    signal,
  }: { readonly run: SshProgram; readonly agent: string | undefined; readonly signal?: AbortSignal },
): Promise<UsableKey> => {
  checkFile(path)
  const read = await run(['ssh-keygen', '-y', '-P', '', '-f', path], { signal })
  if (succeeded(read)) return { publicLine: read.stdout.toString().trim(), agent: null }
  if (!/passphrase/i.test(read.stderr))
    throw badKey(
      `${path} is no private key: ${sshWords(read)}`,
      'Give the private key, which has the same name without .pub.',
    )
  const publicLine = agent === undefined ? undefined : await inAgent(path, run, signal)
  if (agent !== undefined && publicLine !== undefined) return { publicLine, agent }
  const why = agent === undefined ? 'this shell has no ssh agent' : 'the ssh agent of this shell does not hold it'
  throw new BerthError('ssh-key-locked', `--ssh-key: ${path} has a passphrase, and ${why}`, {
    hint: `Unlock it for the agent with \`ssh-add ${path}\`, or give a key without a passphrase.`,
  })
}

import { randomUUID } from 'node:crypto'
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { type SpawnResult, spawn } from '../std/spawn.ts'
import type { CallerEnv, Signer } from './git.ts'

const LIMIT_MS = 60_000
const MOST_WORDS = 500

/** What makes armoured signatures. `folder`: private to Berth, for the moment of use. */
type Input = { readonly folder: string; readonly path: string; readonly signal?: AbortSignal }
type Sign = (data: Buffer) => Promise<string>

const refused = (why: string, hint?: string) => new BerthError('cannot-sign', why, hint === undefined ? {} : { hint })

const missing = (program: string, debian: string, error: string | undefined) =>
  refused(
    `could not start ${program} to sign the commits (${error})`,
    `Install it (on Debian: \`apt-get install ${debian}\`).`,
  )

/** The last words of a program, without the status lines for machines. */
const words = ({ stderr, end }: SpawnResult): string => {
  if (end === 'limit') return `no answer in ${LIMIT_MS / 1000} s`
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('[GNUPG:]'))
  const text = lines.map((line) => line.replace(/^gpg: /, '').trim()).join('; ')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they move a terminal's cursor
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, '').slice(-MOST_WORDS) || 'it said nothing'
}

const CONVERT = 'Convert a copy of it with `ssh-keygen -p -f KEY`, which writes the form of OpenSSH.'
const DECRYPT =
  'Give a key without a passphrase, or ssh:command:PROGRAM ARG with a program that prints the decrypted key.'

/** Refuses what ssh-keygen could only refuse with less words. */
const checkKey = (key: string): void => {
  if (key.includes('-----BEGIN OPENSSH PRIVATE KEY-----')) return
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key))
    throw refused('the ssh key is in the older form of PEM, which cannot sign from memory', CONVERT)
  if (/^(ssh|ecdsa|sk-ssh|sk-ecdsa)-\S+ /.test(key))
    throw refused('the ssh key is a public key', 'Give the private key, which has the same name without .pub.')
  throw refused('the ssh key is not a private key of OpenSSH', 'Make one with `ssh-keygen -t ed25519 -f PATH`.')
}

/** Whatever ends this process, the key is in no file afterwards: it is written after the file's name is gone. */
const nameless = (folder: string, text: string): number => {
  const path = join(folder, `.key-${randomUUID()}`)
  const file = openSync(path, 'wx+', 0o600)
  unlinkSync(path)
  writeSync(file, text)
  return file
}

const sshSigner = ({ folder, path, signal }: Input, key: string): Sign => {
  checkKey(key)
  return async (data) => {
    const file = nameless(folder, `${key.trim()}\n`)
    try {
      const ran = await spawn('ssh-keygen', ['-Y', 'sign', '-n', 'git', '-f', '/dev/fd/3'], {
        env: { PATH: path, LC_ALL: 'C', HOME: '/nonexistent', SSH_ASKPASS_REQUIRE: 'never' },
        stdin: data,
        files: [file],
        limitMs: LIMIT_MS,
        ...(signal && { signal }),
      })
      signal?.throwIfAborted()
      if (ran.end === 'not-started' || ran.code === 127)
        throw missing('ssh-keygen', 'openssh-client', ran.error ?? words(ran))
      if (ran.end === 'exit' && ran.code === 0) return ran.stdout.toString('latin1')
      if (/passphrase/i.test(ran.stderr)) throw refused('the ssh key is encrypted with a passphrase', DECRYPT)
      throw refused(`ssh-keygen could not sign with the key: ${words(ran)}`)
    } finally {
      closeSync(file)
    }
  }
}

/** What gpg and its agent need to find the keyring and to ask for a passphrase. */
const GPG_ENV = [
  'HOME',
  'USER',
  'LOGNAME',
  'GNUPGHOME',
  'GPG_TTY',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'XDG_RUNTIME_DIR',
  'DBUS_SESSION_BUS_ADDRESS',
]

const gpgEnv = (callerEnv: CallerEnv, path: string): Record<string, string> => ({
  ...Object.fromEntries(GPG_ENV.flatMap((name) => (callerEnv[name] === undefined ? [] : [[name, callerEnv[name]]]))),
  PATH: path,
  LC_ALL: 'C',
})

const gpgHint = (stderr: string, key: string): string =>
  /pinentry|ioctl|passphrase|No agent/i.test(stderr)
    ? 'Unlock the key for gpg-agent first, e.g. with `gpg --clearsign` in this shell, or use a key without a passphrase.'
    : `See what \`gpg --list-secret-keys ${key}\` says in this shell: the key must be there, be able to sign and not have expired.`

const gpgSigner = ({ path, signal }: Input, key: string, callerEnv: CallerEnv): Sign => {
  const args = ['--batch', '--no-tty', '--status-fd=2', '--armor', '--detach-sign', '--local-user', key]
  return async (data) => {
    const options = { env: gpgEnv(callerEnv, path), stdin: data, limitMs: LIMIT_MS, ...(signal && { signal }) }
    const ran = await spawn('gpg', args, options)
    signal?.throwIfAborted()
    if (ran.end === 'not-started' || ran.code === 127) throw missing('gpg', 'gnupg', ran.error ?? words(ran))
    if (ran.end === 'exit' && ran.code === 0 && /^\[GNUPG:\] SIG_CREATED /m.test(ran.stderr))
      return ran.stdout.toString('latin1')
    throw refused(`gpg could not sign with the key ${key}: ${words(ran)}`, gpgHint(ran.stderr, key))
  }
}

/** Signs with the key alone: no configuration of git is read. Rejects with cannot-sign. */
export const signerOf = (
  input: { readonly folder: string; readonly path: string; readonly signal?: AbortSignal },
  signer: Signer,
): Sign => {
  const path = signer.callerEnv['PATH'] ?? input.path
  const local = { ...input, path }
  return signer.kind === 'ssh' ? sshSigner(local, signer.key) : gpgSigner(local, signer.key, signer.callerEnv)
}

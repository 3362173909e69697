import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { faultPoint } from '../std/fault-point.ts'
import { makePrivateFolder } from '../std/private-file.ts'
import { commandLine, processes } from '../std/processes.ts'
import { spawn } from '../std/spawn.ts'
import { LIMIT, succeeded } from './exec.ts'
import { badKey } from './ssh-key-error.ts'
import { notStarted, type SshProgram, sshWords } from './ssh-program.ts'

/** The connection is made at once; the agent itself ends with git. */
const KEY_SECONDS = 600

/** A folder that only this user can open, for one run of git; what runs in it ends with it. */
export type SshFolder = AsyncDisposable & {
  readonly path: string
  /** Starts an agent here. Resolves with its socket, when it listens. */
  agent(path: string, signal?: AbortSignal): Promise<string>
}

/** Ends the agents that a killed supervisor left, and removes their folders. */
const sweep = (root: string): void => {
  const left = readLeft(root)
  if (left.length === 0) return
  for (const { pid } of processes()) {
    const words = commandLine(pid)
    if (!words.some((word) => basename(word) === 'ssh-agent')) continue
    if (words.some((word) => left.includes(dirname(word)))) process.kill(pid, 'SIGKILL')
  }
  for (const folder of left) rmSync(folder, { recursive: true, force: true })
}

const readLeft = (root: string): readonly string[] => {
  try {
    return readdirSync(root).map((name) => join(root, name))
  } catch {
    return []
  }
}

const startAgent = async (
  socket: string,
  path: string,
  signal: AbortSignal,
): Promise<{ readonly ended: Promise<unknown> }> => {
  const { promise: up, resolve: isUp } = Promise.withResolvers<void>()
  const options = { env: { PATH: path }, limitMs: LIMIT.fetch, noNewPrivileges: true, signal, onStdout: isUp }
  const ended = spawn('ssh-agent', ['-D', '-a', socket], options)
  const early = ended.then((result) => {
    signal.throwIfAborted()
    throw result.end === 'not-started' || result.code === 127
      ? notStarted('ssh-agent', result)
      : badKey(`ssh-agent ended: ${sshWords(result)}`)
  })
  early.catch(() => {})
  await Promise.race([up, early])
  return { ended }
}

const newFolder = (root: string): SshFolder => {
  mkdirSync(dirname(root), { recursive: true, mode: 0o700 })
  makePrivateFolder(root)
  // Short: a socket's path has about a hundred characters.
  const folder = join(root, randomBytes(4).toString('hex'))
  makePrivateFolder(folder)
  const end = new AbortController()
  let ended: Promise<unknown> = Promise.resolve()
  return {
    path: folder,
    async agent(path, signal) {
      const socket = join(folder, 's')
      const either = signal === undefined ? end.signal : AbortSignal.any([signal, end.signal])
      const started = await startAgent(socket, path, either)
      ended = started.ended
      return socket
    },
    async [Symbol.asyncDispose]() {
      end.abort()
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/**
 * Folders for ssh with a key, below `root`, which is ours alone: what a killed supervisor left there is removed first.
 * Null: each lies in a new folder of the machine's for temporary files.
 */
export const sshFolders = (root: string | null): (() => SshFolder) => {
  if (root !== null) sweep(root)
  return () => newFolder(root ?? join(tmpdir(), `berth-ssh-${process.getuid?.() ?? 0}`))
}

const UNKNOWN_OPTION = /(unknown|invalid|illegal) option/i

/** Gives an agent a key, for one host alone; OpenSSH before 8.9 knows no such limit. */
export const addKey = async (
  key: string,
  to: { readonly place: string; readonly knownHosts: readonly string[] },
  { run, signal }: { readonly run: SshProgram; readonly signal?: AbortSignal | undefined },
): Promise<void> => {
  const lifetime = ['-q', '-t', String(KEY_SECONDS)]
  const files = to.knownHosts.flatMap((path) => ['-H', path])
  let added = await run(['ssh-add', ...lifetime, ...files, '-h', to.place, key], { signal })
  if (!succeeded(added) && UNKNOWN_OPTION.test(added.stderr))
    added = await run(['ssh-add', ...lifetime, key], { signal })
  if (/No host keys found/i.test(added.stderr))
    throw new BerthError(
      'repository-unreachable',
      `--ssh-key: the key is to serve ${to.place} alone, and no known_hosts file has a key of that host`,
      {
        hint: 'Connect to it once by hand, as with `ssh -T git@HOST`, and compare its fingerprint; or add its host key.',
      },
    )
  if (!succeeded(added)) throw badKey(`ssh-add did not take ${key}: ${sshWords(added)}`)
  faultPoint('ssh.added')
}

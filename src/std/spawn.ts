import { type ChildProcess, spawn as nodeSpawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { onAbort } from './abort.ts'

export type SpawnOptions = {
  readonly cwd?: string
  /** The whole environment of the child: nothing is inherited. */
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string | Buffer | Readable
  /** Open files of this process that the child has too, as its 3, 4 and so on. */
  readonly files?: readonly number[]
  /** Milliseconds until the child's process group is killed. */
  readonly limitMs: number
  /** Bytes of stdout kept; the child is killed when it writes more. Default 64 MiB. */
  readonly maxBytes?: number
  /** Bytes of address space; the child fails to get more where util-linux' prlimit is there. */
  readonly maxMemory?: number
  /** Bytes of a file that the child writes, in the same way. */
  readonly maxFile?: number
  readonly signal?: AbortSignal
  /** A program that gets the rights of its file's group would not die with this process otherwise. */
  readonly noNewPrivileges?: boolean
  /** Called when stdout has its first bytes: the child is up. */
  readonly onStdout?: () => void
  /** Called with each piece of stderr, for progress. */
  readonly onStderr?: (text: string) => void
}

export type SpawnResult = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
  readonly end: 'exit' | 'limit' | 'aborted' | 'too-much-output' | 'not-started'
  /** Why the child could not be started, e.g. ENOENT. */
  readonly error?: string
}

const STDERR_KEPT = 64 * 1024
const pdeathsig = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path))

const prlimit = ['/usr/bin/prlimit', '/bin/prlimit'].find((path) => existsSync(path))

const wrapper = ({ maxMemory, maxFile, noNewPrivileges = false }: SpawnOptions): readonly string[] => {
  const limits = [
    ...(maxMemory === undefined ? [] : [`--as=${maxMemory}`]),
    ...(maxFile === undefined ? [] : [`--fsize=${maxFile}`]),
  ]
  return [
    ...(pdeathsig === undefined
      ? []
      : [pdeathsig, '--pdeathsig', 'KILL', ...(noNewPrivileges ? ['--no-new-privs'] : []), '--']),
    ...(prlimit === undefined || limits.length === 0 ? [] : [prlimit, ...limits, '--']),
  ]
}

const killGroup = (child: ChildProcess) => {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL')
  }
}

/**
 * Runs a program to its end, never through a shell. Never rejects: how it ended is in the result.
 * The child leads a process group of its own and dies with this process where util-linux' setpriv is there.
 */
export const spawn = (file: string, args: readonly string[], options: SpawnOptions): Promise<SpawnResult> =>
  new Promise((resolve) => {
    const argv = [...wrapper(options), file, ...args]
    const child = nodeSpawn(argv[0] as string, argv.slice(1), {
      cwd: options.cwd,
      env: { ...options.env },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', ...(options.files ?? [])] as ['pipe', 'pipe', 'pipe'],
    })
    const out: Buffer[] = []
    let size = 0
    let stderr = ''
    let end: SpawnResult['end'] = 'exit'
    let settled = false
    const kill = (why: SpawnResult['end']) => {
      if (end === 'exit') end = why
      killGroup(child)
    }
    const timer = setTimeout(() => kill('limit'), options.limitMs)
    const listening = onAbort(options.signal, () => kill('aborted'))
    const finish = (code: number | null, signal: NodeJS.Signals | null, error?: string) => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      listening[Symbol.dispose]()
      const base = { code, signal, stdout: Buffer.concat(out), stderr, end }
      resolve(error === undefined ? base : { ...base, end: 'not-started', error })
    }
    child.once('error', (error: NodeJS.ErrnoException) => finish(null, null, error.code ?? error.message))
    child.once('close', (code, signal) => finish(code, signal))
    child.stdout.on('data', (chunk: Buffer) => {
      if (size === 0) options.onStdout?.()
      size += chunk.length
      if (size > (options.maxBytes ?? 64 * 1024 * 1024)) kill('too-much-output')
      else out.push(chunk)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_KEPT)
      options.onStderr?.(text)
    })
    child.stdin.on('error', () => {})
    if (options.stdin === undefined || typeof options.stdin === 'string' || Buffer.isBuffer(options.stdin)) {
      child.stdin.end(options.stdin)
    } else {
      options.stdin.on('error', () => kill('aborted')).pipe(child.stdin)
    }
  })

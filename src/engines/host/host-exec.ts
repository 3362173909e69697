import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { constants } from 'node:os'
import { BerthError } from '../../domain/errors.ts'
import { onAbort } from '../../std/abort.ts'
import { drained } from '../../std/drained.ts'
import { findProgram } from '../../std/find-program.ts'
import { processes } from '../../std/processes.ts'
import { shellWord } from '../../std/shell-word.ts'
import type { ExecOptions, ExecSession, LogChunk } from '../engine.ts'

const USUAL_PATH = '/usr/local/bin:/usr/bin:/bin'
const NOT_FOUND = 127
/** Input that may wait for a program that does not read; it may first want its output to be read. */
const AHEAD_BYTES = 1024 * 1024

/** The command as it is run: for a terminal by util-linux' script, which has one to give. */
const commandOf = ({ argv, tty, env }: ExecOptions): readonly string[] => {
  if (tty === undefined) return argv
  const script = findProgram(env?.['PATH'] ?? USUAL_PATH, 'script') ?? findProgram(USUAL_PATH, 'script')
  if (script === undefined)
    throw new BerthError(
      'engine-error',
      'a terminal on the host needs the program `script` of util-linux, which is not installed',
    )
  const command = `stty rows ${tty.rows} cols ${tty.columns}; exec ${argv.map(shellWord).join(' ')}`
  return [script, '--quiet', '--return', '--echo', 'always', '--command', command, '/dev/null']
}

/** Both streams as they come, up to the end of both. */
async function* outputOf(child: ChildProcessWithoutNullStreams, failed: () => unknown): AsyncGenerator<LogChunk> {
  const waiting: LogChunk[] = []
  let wake = () => {}
  let open = 2
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (data: Buffer) => {
      waiting.push({ stream, data })
      child[stream].pause()
      wake()
    })
    child[stream].on('error', () => {})
    child[stream].once('close', () => {
      open -= 1
      wake()
    })
  }
  for (;;) {
    const chunk = waiting.shift()
    if (chunk !== undefined) {
      yield chunk
      child[chunk.stream].resume()
      continue
    }
    const error = failed()
    if (error !== undefined) throw error
    if (open === 0) return
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }
}

const terminalOf = (script: number): string | undefined => {
  const child = processes().find(({ parent }) => parent === script)
  try {
    return child === undefined ? undefined : readlinkSync(`/proc/${child.pid}/fd/0`)
  } catch {
    return undefined
  }
}

const setSize = (path: string, columns: number, rows: number) =>
  new Promise<void>((resolve, reject) => {
    execFile('stty', ['-F', path, 'rows', `${rows}`, 'cols', `${columns}`], (error) =>
      error === null ? resolve() : reject(new BerthError('engine-error', `resize ${path}: ${error.message}`)),
    )
  })

const words = (program: string, { code }: NodeJS.ErrnoException) =>
  `${program}: ${code === 'ENOENT' ? 'there is no such program' : code}\n`

const environment = (env: ExecOptions['env'], mark: string): Readonly<Record<string, string>> => {
  const at = mark.indexOf('=')
  return { PATH: USUAL_PATH, SHELL: '/bin/sh', ...env, [mark.slice(0, at)]: mark.slice(at + 1) }
}

/** A command beside a container's process, with its mark, by which it ends with the turn. */
export const hostExecDetached = ({ argv, env, workdir }: ExecOptions, mark: string): Promise<void> => {
  const [program = '', ...args] = argv
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  spawn(program, args, { cwd: workdir, env: environment(env, mark), detached: true, stdio: 'ignore' })
    .once('spawn', resolve)
    .once('error', (cause) => reject(new BerthError('engine-error', words(program, cause).trim(), { cause })))
    .unref()
  return promise
}

/** A command beside a container's process, with its mark, in a group of its own that ends with the session. */
export const hostExec = (options: ExecOptions, mark: string, signal: AbortSignal): ExecSession => {
  signal.throwIfAborted()
  const [program = '', ...args] = commandOf(options)
  const child = spawn(program, args, {
    cwd: options.workdir,
    env: environment(options.env, mark),
    detached: true,
    stdio: 'pipe',
  })
  let error: unknown
  const { promise: over, resolve, reject } = Promise.withResolvers<number>()
  over.catch(() => {})
  const hangUp = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGHUP')
    } catch {
      // Nobody is left.
    }
  }
  const listening = onAbort(signal, () => {
    error = signal.reason
    reject(signal.reason)
    hangUp()
    child.stdout.destroy()
    child.stderr.destroy()
  })
  let notStarted = ''
  child.once('error', (cause) => {
    notStarted = words(options.argv[0] ?? '', cause)
    resolve(NOT_FOUND)
  })
  child.once('close', (code, killed) => {
    listening[Symbol.dispose]()
    resolve(code ?? 128 + (killed === null ? 0 : constants.signals[killed]))
  })
  child.stdin.on('error', () => {})
  const output = async function* () {
    yield* outputOf(child, () => error)
    if (notStarted !== '') yield { stream: 'stderr' as const, data: Buffer.from(notStarted) }
  }
  return {
    output: output(),
    async write(data) {
      if (child.stdin.write(data) || child.stdin.writableLength < AHEAD_BYTES) return
      await drained(child.stdin)
    },
    end: () => void child.stdin.end(),
    resize: async (columns, rows) => {
      const path = child.pid === undefined ? undefined : terminalOf(child.pid)
      if (path !== undefined) await setSize(path, columns, rows)
    },
    exit: () => over,
    close: hangUp,
  }
}

import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'

export type GitResult = { readonly code: number; readonly stdout: string; readonly stderr: string }
type Options = {
  readonly input?: string | Buffer
  readonly env?: Readonly<Record<string, string>>
  /** An open file that takes what git writes. */
  readonly into?: number
  /** Stdout is names: its bytes, one a character. */
  readonly bytes?: boolean
  readonly limitMs?: number
}
export type RunGit = (args: readonly string[], options?: Options) => Promise<GitResult>

/** Of one step; a work tree of many gigabytes is added within it. */
const LIMIT_MS = 600_000
const MOST_BYTES = 256 * 1024 * 1024

type Git = {
  readonly program: string
  readonly cwd: string
  /** The whole environment of git. */
  readonly env: Readonly<Record<string, string>>
  /** Its abort kills git. */
  readonly signal?: AbortSignal | undefined
}

const collect = (stream: Readable | null, tooMuch: () => void) => {
  const pieces: Buffer[] = []
  let size = 0
  stream?.on('data', (piece: Buffer) => {
    size += piece.length
    if (size > MOST_BYTES) tooMuch()
    else pieces.push(piece)
  })
  return () => Buffer.concat(pieces)
}

/** Runs git, with these variables and nothing else. Never rejects. */
export const gitRunner =
  ({ program, cwd, env: variables, signal }: Git): RunGit =>
  (args, { input, env, into, bytes = false, limitMs = LIMIT_MS } = {}) =>
    new Promise((resolve) => {
      const child = spawn(program, args, {
        cwd,
        env: { ...variables, ...env },
        stdio: [input === undefined ? 'ignore' : 'pipe', into ?? 'pipe', 'pipe'],
        timeout: limitMs,
        killSignal: 'SIGKILL',
        ...(signal && { signal }),
      })
      let cause = ''
      const kill = () => {
        cause = `more than ${MOST_BYTES} bytes of output`
        child.kill('SIGKILL')
      }
      const stdout = collect(child.stdout, kill)
      const words = collect(child.stderr, kill)
      const stderr = () => words().toString()
      child.on('error', (error) => {
        cause ||= error.message
        // Nothing else comes from one that was not started.
        if (child.pid === undefined) resolve({ code: -1, stdout: '', stderr: cause })
      })
      child.on('close', (code, killed) =>
        resolve({
          code: code ?? -1,
          stdout: stdout().toString(bytes ? 'latin1' : 'utf8'),
          stderr: code === null ? `${stderr()}${cause || `git was ended by ${killed}`}` : stderr(),
        }),
      )
      child.stdin?.on('error', () => {})
      child.stdin?.end(input)
    })

/** Git's own words for why it failed, or that it was killed. */
export const gitWords = (result: GitResult): string => {
  const words = result.stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('hint:'))
    .join('; ')
  return words === '' ? `git ended with exit code ${result.code}` : words
}

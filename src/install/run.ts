import type { Readable } from 'node:stream'
import { BerthError, type ErrorCode } from '../domain/errors.ts'
import { type SpawnOptions, type SpawnResult, spawn } from '../std/spawn.ts'
import type { InstallOptions } from './install.ts'

/** Put before a command whose files are read by others: they are not left to the caller's umask. */
export const READABLE = ['/bin/sh', '-c', 'umask 022 && exec "$@"', 'sh'] as const

export type RunOptions = {
  readonly limitMs: number
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: Readable
  /** Of the error, where the program's own words do not tell it. */
  readonly code?: ErrorCode
}

/** What a program that fails says of a cause that is none of its own, whichever program it is. */
const CAUSES: readonly (readonly [ErrorCode, RegExp])[] = [
  ['disk-full', /ENOSPC|no space left on device/i],
  [
    'network-unreachable',
    /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|could not resolve|failure resolving|no such host|network is unreachable/i,
  ],
]

/** The first such line, and which cause it names. */
export const toldCause = (words: string): { readonly code: ErrorCode; readonly line: string } | undefined => {
  const lines = words.split('\n')
  for (const [code, pattern] of CAUSES) {
    const line = lines.find((one) => pattern.test(one))
    if (line !== undefined) return { code, line: line.trim() }
  }
  return undefined
}

const lastWords = (text: string): string => text.trim().split('\n').slice(-5).join('\n')

/** Runs a program with the caller's environment; how it ended is in the result. */
export const tryRun = (argv: readonly string[], install: InstallOptions, options: RunOptions): Promise<SpawnResult> => {
  const [file = '', ...args] = argv
  const spawnOptions: SpawnOptions = {
    env: { ...install.env, ...options.env },
    limitMs: options.limitMs,
    ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(install.signal === undefined ? {} : { signal: install.signal }),
  }
  return spawn(file, args, spawnOptions)
}

/** True where the program is not on this machine; a wrapper around it says 127, as a shell does. */
export const isMissing = ({ code, error }: SpawnResult): boolean => error === 'ENOENT' || code === 127

/** The same, but anything other than exit 0 is an error with the program's last words. Gives its stdout. */
export const run = async (argv: readonly string[], install: InstallOptions, options: RunOptions): Promise<string> => {
  const result = await tryRun(argv, install, options)
  if (result.code === 0) return result.stdout.toString().trim()
  const shown = argv
    .filter((word) => !(READABLE as readonly string[]).includes(word))
    .slice(0, 4)
    .join(' ')
  if (isMissing(result)) throw new BerthError(options.code ?? 'engine-error', `${shown.split(' ')[0]} is not installed`)
  const how =
    result.end === 'exit'
      ? `exit ${result.code ?? result.signal}`
      : `${result.end}${result.error === undefined ? '' : ` (${result.error})`}`
  const told = toldCause(`${result.stderr}\n${result.stdout}`)
  const words = told?.line ?? lastWords(result.stderr || result.stdout.toString())
  const code = told?.code ?? options.code ?? 'engine-error'
  throw new BerthError(code, `${shown} ...: ${how}${words === '' ? '' : `\n${words}`}`)
}

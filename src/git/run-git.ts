import { BerthError } from '../domain/errors.ts'
import { type SpawnResult, spawn } from '../std/spawn.ts'
import type { ExecOptions } from './exec.ts'

export type GitProgram = {
  /** Program file; found on PATH when it is a bare name. */
  readonly git: string
  /** PATH where the caller's environment brings none. */
  readonly path: string
}

/** Settings no configuration may turn back on: they stand last, so they win. */
const SAFE = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.pager=cat',
  'gc.auto=0',
  'maintenance.auto=false',
  'protocol.ext.allow=never',
].flatMap((setting) => ['-c', setting])

const NOT_FOUND = 127

export const runGit = async (
  program: GitProgram,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  options: ExecOptions,
): Promise<SpawnResult> => {
  options.signal?.throwIfAborted()
  const result = await spawn(program.git, [...SAFE, ...args], { cwd: '/', ...options, env })
  if (result.end === 'aborted') options.signal?.throwIfAborted()
  if (result.end === 'not-started' || (result.code === NOT_FOUND && result.stderr.includes(program.git))) {
    throw new BerthError('git-missing', `could not start git (${program.git}): ${result.error ?? result.stderr}`)
  }
  return result
}

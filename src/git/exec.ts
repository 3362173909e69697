import type { SpawnOptions, SpawnResult } from '../std/spawn.ts'

export type ExecOptions = Omit<SpawnOptions, 'env'>

/** Runs git with these arguments. Resolves however it ended; rejects only with the signal's reason. */
export type Exec = (args: readonly string[], options: ExecOptions) => Promise<SpawnResult>

export const LIMIT = {
  /** Reading what is on our own disk. */
  local: 60_000,
  /** One question to a remote. */
  ask: 10_000,
  push: 15 * 60_000,
  fetch: 2 * 3600_000,
} as const

export const succeeded = (result: SpawnResult): boolean => result.end === 'exit' && result.code === 0

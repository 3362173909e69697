import { statfs } from 'node:fs/promises'
import { BerthError } from '../../domain/errors.ts'
import { noSpace } from '../../std/no-space.ts'
import { every, retry } from '../../std/retry.ts'

const AGAIN_MS = 1000

/** Below this much free space no turn begins, and those that run are stopped. */
export const DISK_FLOOR = 256 * 1024 * 1024

export const freeBytes = async (folder: string): Promise<number> => {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/** The space of the fullest disk among those of these folders; a folder that is gone limits nothing. */
export const leastFree = async (folders: readonly string[]): Promise<number> =>
  Math.min(...(await Promise.all(folders.map((folder) => freeBytes(folder).catch(() => Number.POSITIVE_INFINITY)))))

/** True for the error of a disk without space, whoever met it: nothing is wrong but that. */
export const diskFull = (error: unknown): boolean =>
  error instanceof BerthError ? error.code === 'disk-full' : noSpace(error)

/** Does what can be done again until there is space for it; `told` is called once where there is none. */
export const whenThereIsSpace = async <T>(
  use: () => Promise<T>,
  onDiskFull: (error: unknown) => void,
  shutdown: AbortSignal,
): Promise<T> => {
  let first = true
  const onRetry = (error: unknown) => {
    if (first) onDiskFull(error)
    first = false
  }
  return await retry(use, { while: diskFull, delays: every(AGAIN_MS), onRetry, signal: shutdown })
}

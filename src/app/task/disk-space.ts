import { BerthError } from '../../domain/errors.ts'
import { every, retry } from '../../std/retry.ts'

const AGAIN_MS = 1000
/** SQLITE_FULL, SQLITE_IOERR_SHMSIZE. */
const FULL: ReadonlySet<unknown> = new Set([13, 4874])

/** True for the error of a disk without space, whoever met it: nothing is wrong but that. */
export const diskFull = (error: unknown): boolean => {
  if (error instanceof BerthError) return error.code === 'disk-full'
  const { code, errcode } = (error ?? {}) as { readonly code?: unknown; readonly errcode?: unknown }
  return code === 'ENOSPC' || FULL.has(errcode)
}

/** Does what can be done again until there is space for it; `told` is called once where there is none. */
export const whenThereIsSpace = async <T>(
  use: () => Promise<T>,
  told: (error: unknown) => void,
  end: AbortSignal,
): Promise<T> => {
  let first = true
  const onRetry = (error: unknown) => {
    if (first) told(error)
    first = false
  }
  return await retry(use, { while: diskFull, delays: every(AGAIN_MS), onRetry, signal: end })
}

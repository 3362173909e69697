import { setTimeout as sleep } from 'node:timers/promises'
import { BerthError } from '../../domain/errors.ts'

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
  for (let tries = 0; ; tries += 1) {
    try {
      return await use()
    } catch (error) {
      if (!diskFull(error)) throw error
      if (tries === 0) told(error)
      await sleep(AGAIN_MS, undefined, { signal: end })
    }
  }
}

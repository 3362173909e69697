import { onAbort } from '../std/abort.ts'

type Limit = {
  readonly ms: number
  readonly signal: AbortSignal
  /** What the work rejects with when the time is over. */
  readonly late: () => Error
}

/** Runs work with a signal that comes with the caller's, or when the time is over. */
export const withTimeLimit = async <T>(
  { ms, signal, late }: Limit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const either = new AbortController()
  using _ = onAbort(signal, () => either.abort(signal.reason))
  const timer = setTimeout(() => either.abort(late()), ms)
  try {
    return await work(either.signal)
  } finally {
    clearTimeout(timer)
  }
}

/** Calls `listener` once the signal is aborted, at once if it already is. Disposing ends that. */
export const onAbort = (signal: AbortSignal | undefined, listener: () => void): Disposable => {
  if (signal?.aborted) listener()
  else signal?.addEventListener('abort', listener, { once: true })
  return { [Symbol.dispose]: () => signal?.removeEventListener('abort', listener) }
}

/** Waits for work that does not end with the signal. Rejects with the signal's reason; the work goes on unheard. */
export const unlessAborted = async <T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (signal === undefined) return await work
  const { promise, reject } = Promise.withResolvers<never>()
  using _ = onAbort(signal, () => reject(signal.reason))
  return await Promise.race([promise, work])
}

/** Waits so many milliseconds. Rejects with the signal's reason. */
export const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  try {
    await unlessAborted(promise, signal)
  } finally {
    clearTimeout(timer)
  }
}

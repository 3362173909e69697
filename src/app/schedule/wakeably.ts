import type { Entry } from './registry.ts'

/** Waits; a call of `entry.wake` ends the wait without an error. */
export const wakeably = async (
  entry: Entry,
  shutdown: AbortSignal,
  wait: (signal: AbortSignal) => Promise<void>,
): Promise<void> => {
  const wake = new AbortController()
  entry.wake = wake
  try {
    await wait(AbortSignal.any([shutdown, wake.signal]))
  } catch (error) {
    shutdown.throwIfAborted()
    if (!wake.signal.aborted) throw error
  }
}

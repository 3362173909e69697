import { setTimeout as sleep } from 'node:timers/promises'

const PAUSES_MS = [200, 500, 1000, 2000, 5000] as const

/** Pauses before a stream that broke is opened again: longer after each failure in a row. */
export const backoff = (signal: AbortSignal) => {
  let failures = 0
  return {
    /** The stream brought something. */
    reset(): void {
      failures = 0
    },
    /** Ends early with the signal, and never rejects. */
    async pause(): Promise<void> {
      const ms = PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)]
      failures += 1
      await sleep(ms, undefined, { signal, ref: false }).catch(() => {})
    },
  }
}

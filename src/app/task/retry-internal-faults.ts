import { retry } from '../../std/retry.ts'
import { diskFull } from './disk-space.ts'

/** Pauses before what a fault of ours has ended is done again. */
const AGAIN_MS = [200, 1000, 5000] as const

/**
 * Does again what goes on where the journal ends, after a fault of ours: what the next supervisor would do, and not only
 * when it comes. A fault that stays comes out. `pause` may end early.
 */
export const retryInternalFaults = async (
  use: () => Promise<void>,
  options: {
    readonly onRetry: (error: unknown) => void
    readonly pause: (ms: number) => Promise<void>
    readonly shutdown: AbortSignal
  },
): Promise<void> => {
  const { onRetry, pause, shutdown } = options
  await retry(use, { while: (error) => !diskFull(error), delays: AGAIN_MS, onRetry, pause, signal: shutdown })
}

import { diskFull } from './disk-space.ts'

/** Pauses before what a fault of ours has ended is done again. */
const AGAIN_MS = [200, 1000, 5000] as const

/**
 * Does again what goes on where the journal ends, after a fault of ours: what the next supervisor would do, and not only
 * when it comes. A fault that stays comes out. `pause` may end early.
 */
export const overFaults = async (
  use: () => Promise<void>,
  options: {
    readonly told: (error: unknown) => void
    readonly pause: (ms: number) => Promise<void>
    readonly end: AbortSignal
  },
): Promise<void> => {
  for (let tries = 0; ; tries += 1) {
    try {
      return await use()
    } catch (error) {
      options.end.throwIfAborted()
      const ms = AGAIN_MS[tries]
      if (diskFull(error) || ms === undefined) throw error
      options.told(error)
      await options.pause(ms)
    }
  }
}

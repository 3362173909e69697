import type { ForgeToken } from '../forges/forge.ts'
import { onAbort } from '../std/abort.ts'

export type LoopInput = {
  /** Asks for a token that lives for a while yet. */
  readonly source: (signal: AbortSignal) => Promise<ForgeToken>
  /** Puts a token into the folder. */
  readonly put: (token: ForgeToken) => Promise<void>
  readonly failed: (error: unknown) => void
  readonly now: () => Date
  /** Waits until a time of the clock. */
  readonly sleepUntil: (time: Date, signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
}

const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 60_000

/** The pause after so many failures in a row. */
export const pauseAfter = (failures: number): number => Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS)

const isDue = ({ refreshAt }: ForgeToken, now: Date): boolean => refreshAt !== null && Date.parse(refreshAt) <= +now

/** Of a token without an end. */
const untilAborted = async (signal: AbortSignal): Promise<never> => {
  const { promise, reject } = Promise.withResolvers<never>()
  using _ = onAbort(signal, () => reject(signal.reason))
  return await promise
}

/**
 * Keeps a task's token fresh after the first one is in its folder; rejects with the signal's reason. A refresh that fails is
 * tried again, with longer pauses; the last token stays where it is.
 */
export const refreshLoop = async (first: ForgeToken, input: LoopInput): Promise<never> => {
  const { source, put, failed, now, sleepUntil, signal } = input
  let current = first
  let failures = 0
  for (;;) {
    if (current.refreshAt === null) return await untilAborted(signal)
    const next = failures === 0 ? new Date(current.refreshAt) : new Date(now().getTime() + pauseAfter(failures))
    await sleepUntil(next, signal)
    try {
      const token = await source(signal)
      if (token.value !== current.value) await put(token)
      // A source that gives the same token again, or one that has ended, is not asked without a pause.
      failures = token.value === current.value || isDue(token, now()) ? failures + 1 : 0
      current = token
    } catch (error) {
      signal.throwIfAborted()
      failures += 1
      failed(error)
    }
  }
}

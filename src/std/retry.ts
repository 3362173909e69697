import { pause } from './abort.ts'

/** The same pause, without end or so many times. */
export function* every(ms: number, times = Number.POSITIVE_INFINITY): Generator<number> {
  for (let count = 0; count < times; count += 1) yield ms
}

export type Retry = {
  /** True for an error that may pass. Any other is thrown. */
  readonly while: (error: unknown) => boolean
  /** Pauses between the tries, in milliseconds. Behind the last one the error is thrown. */
  readonly delays: Iterable<number>
  /** A time of the clock, in milliseconds, behind which the error is thrown. */
  readonly until?: number
  /** Called before each pause. */
  readonly onRetry?: (error: unknown) => void
  /** Waits in place of a plain pause, which it may cut short. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
}

/** Calls `use` until it succeeds. Rejects with an error that does not pass, or with the signal's reason. */
export const retry = async <T>(use: () => Promise<T>, options: Retry): Promise<T> => {
  const { signal, until = Number.POSITIVE_INFINITY } = options
  const delays = options.delays[Symbol.iterator]()
  for (;;) {
    try {
      return await use()
    } catch (error) {
      signal.throwIfAborted()
      const delay = options.while(error) && Date.now() <= until ? delays.next() : undefined
      if (delay === undefined || delay.done === true) throw error
      options.onRetry?.(error)
      await (options.pause ?? pause)(delay.value, signal)
    }
  }
}

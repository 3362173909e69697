import { unlessAborted } from './abort.ts'

/** A queue for each key: who asks runs when all that asked before have ended, however they ended. */
export const keyedLock = () => {
  const tails = new Map<string, Promise<unknown>>()
  return async <T>(key: string, run: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    const before = tails.get(key) ?? Promise.resolve()
    const mine = before.then(() => {
      signal?.throwIfAborted()
      return run()
    })
    const tail = mine.then(
      () => {},
      () => {},
    )
    tails.set(key, tail)
    void tail.then(() => tails.get(key) === tail && tails.delete(key))
    return await unlessAborted(mine, signal)
  }
}

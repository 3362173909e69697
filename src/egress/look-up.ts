import { onAbort } from '../std/abort.ts'

/** All addresses of a name. Rejects with the system's error where there are none. */
export type Resolve = (name: string) => Promise<readonly string[]>

/** Rejects with the signal's reason; the system's look-up goes on, and counts until it is over. */
export type LookUp = (name: string, signal: AbortSignal) => Promise<readonly string[]>

/** Each look-up holds one of the process' threads, up to half a minute where a name server is silent. */
const AT_ONCE = 2
const MOST_WAITING = 512

/** Looks up names, few at once. Who asks for a name that is being looked up shares the answer; no answer is kept. */
export const lookUps = (resolve: Resolve): LookUp => {
  const running = new Map<string, Promise<readonly string[]>>()
  const waiting = new Set<() => void>()

  const startNext = () => {
    const [next] = waiting
    if (next === undefined || running.size >= AT_ONCE) return
    waiting.delete(next)
    next()
  }
  const answerOf = (name: string) => {
    const known = running.get(name)
    if (known !== undefined) return known
    const answer = resolve(name).finally(() => {
      running.delete(name)
      startNext()
    })
    running.set(name, answer)
    return answer
  }
  return async (name, signal) => {
    signal.throwIfAborted()
    if (waiting.size >= MOST_WAITING) throw new Error('too many names wait to be looked up')
    const { promise, resolve: settle, reject } = Promise.withResolvers<readonly string[]>()
    const begin = () => void answerOf(name).then(settle, reject)
    using _ = onAbort(signal, () => {
      waiting.delete(begin)
      reject(signal.reason)
    })
    if (running.has(name) || running.size < AT_ONCE) begin()
    else waiting.add(begin)
    return await promise
  }
}

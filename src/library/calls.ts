import { BerthError } from '../domain/errors.ts'
import { unlessAborted } from '../std/abort.ts'
import { errorMessage } from '../std/error-message.ts'
import { inLibraryWords } from './library-words.ts'

/**
 * What every call takes.
 *
 * @example
 * ```ts
 * const options: CallOptions = { signal: AbortSignal.timeout(10_000) }
 * ```
 */
export type CallOptions = {
  /** Ends the call with a BerthError of the code `aborted`. The task goes on. */
  readonly signal?: AbortSignal | undefined
}

const closedError = () => new BerthError('client-closed', 'this client was disposed: it takes no further call')

/** The error as a caller of the library gets it. */
const typedError = (error: unknown, closing: AbortSignal, signal: AbortSignal): BerthError => {
  if (closing.aborted) return closedError()
  if (signal.aborted)
    return new BerthError('aborted', `the call was aborted: ${errorMessage(signal.reason)}`, { cause: signal.reason })
  if (error instanceof BerthError) return inLibraryWords(error)
  const told = error as Partial<NodeJS.ErrnoException>
  const code = told.syscall === undefined ? 'internal' : 'supervisor-unreachable'
  return new BerthError(code, errorMessage(error), { cause: error })
}

/** The calls of one client: each ends with its own signal, with the client's, and when the client is disposed. */
export const openCalls = (ofClient: AbortSignal | undefined) => {
  const closing = new AbortController()
  const signalOf = (ofCall: AbortSignal | undefined): AbortSignal =>
    AbortSignal.any([closing.signal, ...[ofClient, ofCall].filter((one) => one !== undefined)])
  return {
    close: () => closing.abort(closedError()),
    /** The result of one call. */
    async run<T>(ofCall: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
      const signal = signalOf(ofCall)
      try {
        signal.throwIfAborted()
        return await unlessAborted(work(signal), signal)
      } catch (error) {
        throw typedError(error, closing.signal, signal)
      }
    },
    /** The items of one call, which begins with the first of them. */
    async *each<T>(
      ofCall: AbortSignal | undefined,
      work: (signal: AbortSignal) => AsyncGenerator<T>,
    ): AsyncGenerator<T, void, undefined> {
      const signal = signalOf(ofCall)
      const items = work(signal)
      try {
        for (;;) {
          signal.throwIfAborted()
          const next = await unlessAborted(items.next(), signal)
          if (next.done) return
          yield next.value
        }
      } catch (error) {
        throw typedError(error, closing.signal, signal)
      } finally {
        // What an aborted connection still has to say is for nobody.
        items.return(undefined).catch(() => {})
      }
    },
  }
}

export type Calls = ReturnType<typeof openCalls>

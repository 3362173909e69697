import { BerthError } from '../domain/errors.ts'
import { unlessAborted } from '../std/abort.ts'
import { backoff } from '../std/backoff.ts'
import { errorMessage } from '../std/error-message.ts'
import type { DaemonWord, TokenPlace } from './protocol.ts'
import { type StartOptions, startDaemon } from './start-daemon.ts'
import type { TokenDaemons, TokenHold, TokenListener } from './token-daemon.ts'
import { watchDaemon } from './watch-daemon.ts'

const READY_MS = 60_000

const hearer = (listener: TokenListener, ready: () => void) => {
  let ending: string | null = null
  return {
    take(word: DaemonWord): void {
      if (word.kind === 'hello') {
        listener.onStarted(word.pid)
        if (word.token === null) return
        listener.onToken(word.token)
        ready()
      } else if (word.kind === 'next') listener.onToken(word.token)
      else if (word.kind === 'refreshed') {
        listener.onRefreshed(word.expiresAt)
        ready()
      } else if (word.kind === 'failed') listener.onFailed(word.reason)
      else ending = word.reason
    },
    /** Its connection is over. */
    ended(): void {
      listener.onEnded(ending ?? 'it was killed')
      ending = null
    },
  }
}

type Input = {
  readonly options: StartOptions
  readonly place: TokenPlace
  readonly order: Parameters<TokenDaemons['hold']>[1]
  readonly listener: TokenListener
}

/** Watches the daemon of a task, and starts one where there is none, until the signal is aborted. */
export const holdDaemon = ({ options, place, order, listener }: Input, outer: AbortSignal): TokenHold => {
  const over = new AbortController()
  const signal = AbortSignal.any([outer, over.signal])
  const first = Promise.withResolvers<void>()
  let isReady = false
  const hear = hearer(listener, () => {
    isReady = true
    first.resolve()
  })
  const waits = backoff(signal)
  /** The error that keeps a first token away. */
  let failure: Promise<BerthError | null> = Promise.resolve(null)
  const failed = async (error: unknown) => {
    if (!isReady) throw error
    listener.onFailed(errorMessage(error))
    await waits.pause()
  }
  const watch = async (): Promise<void> => {
    if (!(await watchDaemon(place.socket, hear.take, signal)) || signal.aborted) return
    hear.ended()
    waits.reset()
    const error = await failure
    if (error !== null) await failed(error)
  }
  const start = async (): Promise<void> => {
    const { kind, result } = await startDaemon(options, { ...place, ...(await order()) })
    failure = result
    if (kind === 'busy') await waits.pause()
  }
  const run = async (): Promise<void> => {
    for (;;) {
      await watch()
      if (signal.aborted) return
      failure = Promise.resolve(null)
      await start().catch(failed)
    }
  }
  const timer = setTimeout(() => {
    first.reject(new BerthError('internal', `${place.task}: the token daemon gave no token in ${READY_MS / 1000} s`))
  }, READY_MS)
  run().catch(first.reject)
  const ready = unlessAborted(first.promise, signal).finally(() => clearTimeout(timer))
  ready.catch(() => {})
  return {
    ready,
    [Symbol.dispose]: () => over.abort(new Error('nobody watches the token any more')),
  }
}

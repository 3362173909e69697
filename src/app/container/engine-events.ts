import { LABEL } from '../../domain/container-spec.ts'
import type { Engine, EngineEvent } from '../../engines/engine.ts'
import { backoff } from '../../std/backoff.ts'

const OURS = { [LABEL.managed]: 'true' }

type Take = (event: EngineEvent) => void
type Stream = { readonly takers: Map<string, Take>; readonly over: AbortController }

/**
 * What engines tell of our containers: one stream an engine, however many tasks listen, for as long as one does. After a
 * break it goes on from the last event; what comes twice is the taker's to see.
 */
export const engineEvents = () => {
  const streams = new Map<string, Stream>()

  const run = async (engine: Engine, { takers, over }: Stream): Promise<void> => {
    const { signal } = over
    // Before it listens: what comes meanwhile is asked for.
    let since = Date.now()
    const { pause, reset } = backoff(signal)
    while (!signal.aborted) {
      try {
        for await (const event of engine.events(OURS, signal, { since: new Date(since).toISOString() })) {
          reset()
          since = Date.parse(event.at)
          takers.get(event.labels[LABEL.task] ?? '')?.(event)
        }
      } catch {
        // An engine that is away is told of by the turn that waits for it.
      }
      await pause()
    }
  }

  /** Gives a task's events to `take` until it is disposed of. */
  return (engine: Engine, task: string, take: Take): Disposable => {
    const { endpoint } = engine
    let stream = streams.get(endpoint)
    if (stream === undefined) {
      stream = { takers: new Map(), over: new AbortController() }
      streams.set(endpoint, stream)
      void run(engine, stream)
    }
    const { takers, over } = stream
    takers.set(task, take)
    return {
      [Symbol.dispose]() {
        if (takers.get(task) === take) takers.delete(task)
        if (takers.size > 0 || streams.get(endpoint) !== stream) return
        streams.delete(endpoint)
        over.abort(new Error('nobody listens'))
      },
    }
  }
}

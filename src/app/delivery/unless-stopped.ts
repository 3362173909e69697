import { eventsIn, filterLines } from '../../domain/event-line.ts'
import type { LiveTask } from '../task/live-task.ts'

const STOP = { types: new Set(['stop.requested']) }

/** Work that a stop ends, for when there is no container of the turn any more that it could end. Over when it resolves. */
export const unlessStopped = async <T>(
  live: LiveTask,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  if (live.record.stopping) throw new Error('the turn was stopped')
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  const stopped = async (): Promise<never> => {
    for await (const { bytes } of live.journal.follow(live.journal.seq, {}, either))
      for (const event of eventsIn(live.journal.path, filterLines(bytes, STOP)))
        if (event.type === 'stop.requested') throw new Error(event.reason)
    return await new Promise<never>(() => {})
  }
  const working = work(either)
  try {
    return await Promise.race([working, stopped()])
  } finally {
    over.abort(new Error('the turn was stopped'))
    await working.catch(() => {})
  }
}

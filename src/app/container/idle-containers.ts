import type { Engine } from '../../engines/engine.ts'
import { onAbort } from '../../std/abort.ts'
import { followLog } from './follow-log.ts'

export type IdleContainer = {
  readonly id: string
  readonly container: string
  readonly engine: Engine
  readonly until: number
  /** The worker's last frame, and its time in ms. */
  readonly frame: number
  readonly since: number
}

/** Resolves when the container ends, or says something: while it waits, its worker has nothing to say. */
const speaks = async ({ engine, container, frame, since }: IdleContainer, signal: AbortSignal): Promise<void> => {
  for await (const batch of followLog({ engine, container, known: frame, since, signal }))
    if (batch.frames.length > 0 || batch.untrusted.length > 0) return
}

/** Watches containers that wait for a further turn. `letGo` is called once for each whose time or life is over. */
export const idleContainers = (letGo: (id: string) => void) => {
  const watched = new Map<string, AbortController>()
  const forget = (id: string): void => {
    watched.get(id)?.abort()
    watched.delete(id)
  }
  return {
    watch(idle: IdleContainer): void {
      forget(idle.id)
      const over = new AbortController()
      watched.set(idle.id, over)
      const end = () => {
        if (over.signal.aborted) return
        over.abort()
        letGo(idle.id)
      }
      const timer = setTimeout(end, Math.max(0, idle.until - Date.now()))
      onAbort(over.signal, () => clearTimeout(timer))
      void speaks(idle, over.signal).then(end, end)
    },
    forget,
    has: (id: string) => watched.has(id),
    get size() {
      return watched.size
    },
    close(): void {
      for (const id of [...watched.keys()]) forget(id)
    },
  }
}

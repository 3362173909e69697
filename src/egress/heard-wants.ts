import type { WantedKey } from './egress.ts'

type Listener = (wanted: WantedKey) => void

export type HeardWants = {
  /** A request of a task waits for another key. */
  tell(wanted: WantedKey): void
  /** The task's requests have their answer, or wait no more. */
  met(task: string): void
  /** The gateway that held the requests is gone. */
  clear(): void
  /** Calls with what is wanted now, and from now on. The function that it returns ends that. */
  listen(listener: Listener): () => void
}

/**
 * What a gateway said of the keys that its requests wait for. It says so once, and a turn that an earlier supervisor
 * began listens later.
 */
export const heardWants = (): HeardWants => {
  const unmet = new Map<string, WantedKey>()
  const listeners = new Set<Listener>()
  return {
    tell: (wanted) => {
      unmet.set(wanted.task, wanted)
      for (const listener of listeners) listener(wanted)
    },
    met: (task) => void unmet.delete(task),
    clear: () => unmet.clear(),
    listen: (listener) => {
      listeners.add(listener)
      const now = [...unmet.values()]
      queueMicrotask(() => {
        for (const wanted of now) if (listeners.has(listener)) listener(wanted)
      })
      return () => void listeners.delete(listener)
    },
  }
}

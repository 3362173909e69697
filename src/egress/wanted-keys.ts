import type { WantedKey } from './egress.ts'

export type WantedKeys = {
  /** A request waits for another key. The function that it returns is for its end. */
  add(wanted: WantedKey): () => void
  /** Of all requests that wait, one for each task and version. */
  list(): readonly WantedKey[]
  /** Calls with each that is new. The function that it returns ends that. */
  listen(listener: (wanted: WantedKey) => void): () => void
}

/** The keys that requests wait for: many requests of a task that were refused with one key want another once. */
export const wantedKeys = (): WantedKeys => {
  const open = new Map<string, { readonly wanted: WantedKey; requests: number }>()
  const listeners = new Set<(wanted: WantedKey) => void>()
  return {
    add: (wanted) => {
      const id = `${wanted.task} ${wanted.version}`
      const entry = open.get(id) ?? { wanted, requests: 0 }
      entry.requests += 1
      if (!open.has(id)) {
        open.set(id, entry)
        for (const listener of listeners) listener(wanted)
      }
      return () => {
        entry.requests -= 1
        if (entry.requests === 0) open.delete(id)
      }
    },
    list: () => [...open.values()].map(({ wanted }) => wanted),
    listen: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

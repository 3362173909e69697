import { LONGEST_TIMER_MS } from '../std/longest-timer.ts'

/** Waits that can be called off, so that no timer outlives what it was for. */
export type Timers = { readonly after: (ms: number) => Promise<void>; readonly clear: () => void }

export const timers = (): Timers => {
  const open = new Set<NodeJS.Timeout>()
  return {
    after: (ms) => new Promise((resolve) => open.add(setTimeout(resolve, Math.min(Math.max(0, ms), LONGEST_TIMER_MS)))),
    clear: () => {
      for (const timer of open) clearTimeout(timer)
    },
  }
}

import { setImmediate } from 'node:timers/promises'

const SLICE_MS = 8

/**
 * For long work in short calls: what it returns is called between them, and lets others have their turn where this has
 * taken a slice of time. A call of the system is quicker made than handed to another thread and back.
 */
export const inSlices = (): (() => Promise<void> | undefined) => {
  let began = performance.now()
  return () => {
    if (performance.now() - began < SLICE_MS) return undefined
    return setImmediate().then(() => {
      began = performance.now()
    })
  }
}

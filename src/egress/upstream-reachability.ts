import type { Limits } from './limits.ts'

export type Attempt = {
  connected(): void
  /** Gives the verdict's message where this failure was the last straw. */
  failed(reason: string): void
  /** The client went away before there was a connection: says nothing about the upstream. */
  gone(): void
}

export type UpstreamReachability = {
  /** `giveUp` is called where the time is over while this try is still without a connection. */
  attempt(giveUp: (reason: string) => void): Attempt
  stop(): void
}

/**
 * Watches whether an upstream can be connected to at all. Its word comes once after so many failed tries in a row, or
 * so long after the first of them; a connection begins it anew. Tries that ran side by side count as one.
 */
export const upstreamReachability = (limits: Limits, unreachable: (reason: string) => void): UpstreamReachability => {
  const pending = new Map<symbol, (reason: string) => void>()
  let first: number | null = null
  let timer: NodeJS.Timeout | undefined
  let failures = 0
  let lastFailure = -1
  let lastReason: string | null = null

  const reset = () => {
    clearTimeout(timer)
    timer = undefined
    first = null
    failures = 0
    lastReason = null
  }
  const over = () => {
    const waited = Math.round(limits.connectMs / 100) / 10
    const reason = `no connection in ${waited} s${lastReason === null ? '' : `; the last try: ${lastReason}`}`
    const speak = pending.size > 0 || failures > 0
    const open = [...pending.values()]
    pending.clear()
    reset()
    if (speak) unreachable(reason)
    for (const giveUp of open) giveUp(reason)
  }

  return {
    attempt: (giveUp) => {
      const id = Symbol('attempt')
      const began = performance.now()
      if (first === null) {
        first = began
        timer = setTimeout(over, limits.connectMs)
      }
      pending.set(id, giveUp)
      return {
        connected: () => {
          if (pending.delete(id)) reset()
        },
        gone: () => void pending.delete(id),
        failed: (reason) => {
          if (!pending.delete(id)) return
          lastReason = reason
          if (began < lastFailure) return
          lastFailure = performance.now()
          failures += 1
          if (failures < limits.refusals) return
          const tries = failures
          reset()
          unreachable(`${tries} tries in a row failed: ${reason}`)
        },
      }
    },
    stop: reset,
  }
}

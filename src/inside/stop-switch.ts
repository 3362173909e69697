export type StopSwitch = {
  /** Aborted by the first signal, whose name is its reason: the turn shall end in its orderly way. */
  readonly stop: AbortSignal
  /** Aborted by the second: nothing is waited for any more. */
  readonly kill: AbortSignal
}

/** Turns the signals that end a process into two steps. */
export const stopSwitch = (): StopSwitch => {
  const stop = new AbortController()
  const kill = new AbortController()
  const on = (signal: NodeJS.Signals) => {
    if (stop.signal.aborted) kill.abort()
    stop.abort(signal)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, on)
  return { stop: stop.signal, kill: kill.signal }
}

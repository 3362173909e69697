import { LONGEST_TIMER_MS } from '../std/longest-timer.ts'

/** The time of something that is played: it may be faster, pause, and be over before its end. */
export type Pacer = {
  /** Space pauses and goes on, `.` goes on to the next event of a paused one, `q` and Ctrl-C stop. */
  press(keys: string): void
  stop(): void
  /** Waits until what happened after so many seconds is due. False: it was stopped. */
  until(seconds: number): Promise<boolean>
}

export const pacer = (input: {
  readonly speed: number
  /** How long a pause of the recording may take, in seconds of it. */
  readonly mostIdle: number
}): Pacer => {
  const { speed, mostIdle } = input
  let last = 0
  let dueMs = 0
  /** What was played up to `since`. */
  let playedMs = 0
  let since = performance.now()
  let paused = false
  let steps = 0
  let stopped = false
  let wake = () => {}

  const elapsed = () => playedMs + (paused ? 0 : performance.now() - since)
  const setPaused = (value: boolean) => {
    playedMs = elapsed()
    since = performance.now()
    paused = value
  }
  const change = (limitMs: number | null) =>
    new Promise<void>((resolve) => {
      const timer = limitMs === null ? undefined : setTimeout(resolve, Math.min(limitMs, LONGEST_TIMER_MS))
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  return {
    press(keys) {
      for (const key of keys) {
        if (key === ' ') setPaused(!paused)
        if (key === '.' && paused) steps += 1
        if (key === 'q' || key === '\u0003') stopped = true
      }
      wake()
    },
    stop() {
      stopped = true
      wake()
    },
    async until(seconds) {
      dueMs += (Math.min(Math.max(0, seconds - last), mostIdle) * 1000) / speed
      last = seconds
      while (!stopped) {
        if (paused && steps > 0) {
          steps -= 1
          playedMs = dueMs
          return true
        }
        const left = dueMs - elapsed()
        if (!paused && left <= 0) return true
        await change(paused ? null : left)
      }
      return false
    },
  }
}

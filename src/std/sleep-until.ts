import { pause } from './abort.ts'

/** A timer counts no time that the machine was asleep, knows no clock that was set, and ends at 24.8 days. */
const LOOK_MS = 30_000

/** Resolves at a time of the clock, ISO 8601, however far away; rejects with the signal. */
export const sleepUntil = async (time: string, now: () => Date, signal: AbortSignal): Promise<void> => {
  const at = Date.parse(time)
  for (let left = at - now().getTime(); left > 0; left = at - now().getTime()) {
    await pause(Math.min(left, LOOK_MS), signal)
  }
}

const MOST_AHEAD_MS = 300_000

/** How long before the end of a token's life another one is taken: five minutes, or a quarter of a shorter life. */
export const refreshAhead = (lifeMs: number): number => Math.min(MOST_AHEAD_MS, Math.max(0, lifeMs) / 4)

/** When a token is to be replaced, by this machine's clock. `takenAt`: when the forge gave it, for so long. */
export const refreshTime = (takenAt: number, lifeMs: number): number => takenAt + lifeMs - refreshAhead(lifeMs)

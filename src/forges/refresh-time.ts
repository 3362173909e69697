const MOST_AHEAD_MS = 300_000
/** Longer than a token of any forge lives: one whose clock is wrong does not have it kept for years. */
const LONGEST_MS = 24 * 3_600_000

/** How long before the end of a token's life another one is taken: five minutes, or a quarter of a shorter life. */
const refreshAhead = (lifeMs: number): number => Math.min(MOST_AHEAD_MS, lifeMs / 4)

/** When a token is to be replaced, by this machine's clock. `takenAt`: when the forge gave it, for so long. */
export const refreshTime = (takenAt: number, lifeMs: number): number => {
  const life = Math.min(Math.max(0, lifeMs), LONGEST_MS)
  return takenAt + life - refreshAhead(life)
}

import { tokenBucket } from './token-bucket.ts'

/** An agent's CLI asks a few times a second. What is more waits, so that a task in a loop takes no time from the others. */
const PASSED = { burst: 1000, perSecond: 200 }
const REFUSED = { burst: 50, perSecond: 10 }
/** Longer queues are cut off. */
const MOST_WAITING = 600

/** How many milliseconds a request of a task has to wait; null where too many do already. */
export type Paces = { passed(): number | null; refused(): number | null }

export const paces = (): Paces => {
  const passed = tokenBucket(PASSED)
  const refused = tokenBucket(REFUSED)
  return { passed: () => passed.reserve(MOST_WAITING), refused: () => refused.reserve(MOST_WAITING) }
}

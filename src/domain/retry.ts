import type { Outcome, OutcomeClass } from './outcome.ts'

const LONGEST_MS = 3600_000
const PASSING: ReadonlySet<OutcomeClass> = new Set(['rate-limit', 'network'])

/**
 * When Berth retries a failed turn, ISO 8601; null if it does not. If the model named a time, Berth waits until then;
 * else it retries a rate limit or network error as often as asked, after twice the time each time.
 */
export const retryAt = (input: {
  readonly outcome: Outcome
  readonly policy: { readonly retries: number; readonly delayMs: number; readonly rateLimit: 'wait' | 'fail' }
  /** How many tries came before this one. */
  readonly tries: number
  readonly now: number
}): string | null => {
  const { outcome, policy, tries, now } = input
  if (outcome.result !== 'failed' || !PASSING.has(outcome.class)) return null
  if (outcome.retryAt !== undefined && policy.rateLimit === 'wait') return outcome.retryAt
  if (tries >= policy.retries) return null
  return new Date(now + Math.min(policy.delayMs * 2 ** tries, LONGEST_MS)).toISOString()
}

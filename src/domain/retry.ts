import type { Outcome, OutcomeClass } from './outcome.ts'

const LONGEST_MS = 3600_000
const PASSING: ReadonlySet<OutcomeClass> = new Set(['rate-limit', 'network'])

/**
 * When a turn that failed is tried again, ISO 8601; null where it is not. A time that the model named is waited for;
 * else a rate limit or a network error is tried again as often as asked, each time after twice as long.
 */
export const retryAt = (input: {
  readonly outcome: Outcome
  readonly policy: { readonly retries: number; readonly delayMs: number; readonly rateLimit: 'wait' | 'fail' }
  /** Tries that went before this one. */
  readonly tries: number
  readonly now: number
}): string | null => {
  const { outcome, policy, tries, now } = input
  if (outcome.result !== 'failed' || !PASSING.has(outcome.class)) return null
  if (outcome.retryAt !== undefined && policy.rateLimit === 'wait') return outcome.retryAt
  if (tries >= policy.retries) return null
  return new Date(now + Math.min(policy.delayMs * 2 ** tries, LONGEST_MS)).toISOString()
}

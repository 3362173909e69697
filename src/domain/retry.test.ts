import { expect, test } from 'vitest'
import type { Outcome } from './outcome.ts'
import { retryAt } from './retry.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const later = (seconds: number) => new Date(NOW + seconds * 1000).toISOString()
const failed = (kind: Outcome['class'], retry?: string): Outcome => ({
  result: 'failed',
  class: kind,
  reason: 'it failed',
  exitCode: 1,
  ...(retry === undefined ? {} : { retryAt: retry }),
})
const ask = (outcome: Outcome, tries = 0, rateLimit: 'wait' | 'fail' = 'wait') =>
  retryAt({ outcome, policy: { retries: 3, delayMs: 10_000, rateLimit }, tries, now: NOW })

test('a time that the model named is waited for, however often, unless it shall not be', () => {
  const limited = failed('rate-limit', later(7200))
  expect([ask(limited), ask(limited, 50)]).toEqual([later(7200), later(7200)])
  expect(ask(limited, 0, 'fail')).toBe(later(10))
  expect(ask(limited, 3, 'fail')).toBeNull()
})

test('rate limit and network are tried again after twice as long each time, as often as asked', () => {
  expect([0, 1, 2, 3].map((tries) => ask(failed('network'), tries))).toEqual([later(10), later(20), later(40), null])
  expect(ask(failed('rate-limit'))).toBe(later(10))
})

test('an hour is the longest', () => {
  const policy = { retries: 100, delayMs: 60_000, rateLimit: 'wait' } as const
  expect(retryAt({ outcome: failed('network'), policy, tries: 60, now: NOW })).toBe(later(3600))
})

test.each(['agent', 'auth', 'model', 'context', 'setup', 'engine', 'push', 'limit'] as const)(
  '%s is not tried again',
  (kind) => expect(ask(failed(kind))).toBeNull(),
)

test('nor is what did not fail', () => {
  expect(ask({ ...failed('network'), result: 'stopped' })).toBeNull()
  expect(ask({ ...failed('network'), result: 'died' })).toBeNull()
})

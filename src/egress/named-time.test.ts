import { expect, test } from 'vitest'
import { namedTime } from './named-time.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const named = (headers: Readonly<Record<string, string>>, error: object | null = null) => {
  const time = namedTime(headers, error === null ? 'no JSON' : JSON.stringify({ error }), NOW)
  return time === null ? null : (time - NOW) / 1000
}

test.each([
  ['retry-after in seconds', { 'retry-after': '90' }, null, 90],
  ['retry-after as a date', { 'retry-after': 'Thu, 01 Jan 2026 01:00:00 GMT' }, null, 3600],
  ['retry-after before the rest', { 'retry-after': '5' }, { resets_in_seconds: 7 }, 5],
  ['the window of a subscription', { 'anthropic-ratelimit-unified-reset': String(NOW / 1000 + 7200) }, null, 7200],
  [
    'a window that is open',
    { 'anthropic-ratelimit-unified-status': 'allowed', 'anthropic-ratelimit-unified-reset': String(NOW / 1000 + 7200) },
    null,
    null,
  ],
  ['seconds in the body', {}, { type: 'usage_limit_reached', resets_in_seconds: 1800 }, 1800],
  ['a time in the body', {}, { resets_at: NOW / 1000 + 60 }, 60],
  ['a delay among details', {}, { code: 429, details: [{ '@type': 'QuotaFailure' }, { retryDelay: '34.5s' }] }, 34.5],
  ['nothing', {}, { message: 'slow down' }, null],
  ['no time at all', { 'retry-after': 'soon', 'anthropic-ratelimit-unified-reset': 'later' }, null, null],
  ['a body of another kind', {}, { resets_in_seconds: 'soon', details: 'none' }, null],
] as const)('%s', (_, headers, error, seconds) => {
  expect(named(headers, error)).toBe(seconds)
})

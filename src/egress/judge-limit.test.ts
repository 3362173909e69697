import { expect, test } from 'vitest'
import { judgeLimit } from './judge-limit.ts'

const NOW = Date.parse('2030-01-01T00:00:00Z')
const HOUR = 3600
const at = (seconds: number) => String(NOW / 1000 + seconds)

/** When the turn goes on, in seconds from now; `busy` where the CLI is left to it. */
const judge = (headers: Readonly<Record<string, string>>, body: unknown) => {
  const verdict = judgeLimit(headers, JSON.stringify(body), { now: NOW, retryAfterMs: 60_000 })
  if (verdict.kind !== 'later') return verdict.kind
  return verdict.time === null ? 'some time' : (verdict.time - NOW) / 1000
}

const codex = (more: object) => ({ error: { type: 'usage_limit_reached', plan_type: 'pro', ...more } })

test.each([
  ['seconds', {}, { resets_in_seconds: HOUR, resets_at: NOW / 1000 + 99 }, HOUR],
  ['a time', {}, { resets_at: NOW / 1000 + HOUR }, HOUR],
  ['a window that opens soon: it gives up at once', {}, { resets_in_seconds: 20 }, 20],
  ['a time that is over by our clock', {}, { resets_at: NOW / 1000 - HOUR }, 60],
  ['opencode: also retry-after, which is rounded', { 'retry-after': '7000' }, { resets_in_seconds: HOUR }, HOUR],
  ['retry-after alone', { 'retry-after': '7000' }, {}, 7000],
  ['nothing', {}, {}, 'some time'],
  ['a header', { 'x-codex-primary-reset-at': at(HOUR) }, {}, HOUR],
  [
    'the header of the window that is spent',
    {
      'x-codex-primary-used-percent': '30.5',
      'x-codex-primary-reset-at': at(60),
      'x-codex-secondary-used-percent': '100.0',
      'x-codex-secondary-reset-at': at(9 * HOUR),
    },
    {},
    9 * HOUR,
  ],
])('codex: usage_limit_reached with %s', (_, headers, more, expected) => {
  expect(judge(headers, codex(more))).toBe(expected)
})

test('codex: a plan that does not include it', () => {
  expect(judge({}, { error: { type: 'usage_not_included', resets_in_seconds: HOUR } })).toBe('not-included')
})

const anthropic = { type: 'error', error: { type: 'rate_limit_error', message: 'over the limit' } }
test.each([
  [
    'rejected',
    { 'anthropic-ratelimit-unified-status': 'rejected', 'anthropic-ratelimit-unified-reset': at(HOUR) },
    HOUR,
  ],
  [
    'rejected, with retry-after of another window',
    {
      'anthropic-ratelimit-unified-status': 'rejected',
      'anthropic-ratelimit-unified-reset': at(HOUR),
      'retry-after': '30',
    },
    HOUR,
  ],
  [
    'rejected, soon open',
    { 'anthropic-ratelimit-unified-status': 'rejected', 'anthropic-ratelimit-unified-reset': at(9) },
    9,
  ],
  [
    'allowed',
    { 'anthropic-ratelimit-unified-status': 'allowed', 'anthropic-ratelimit-unified-reset': at(HOUR) },
    'busy',
  ],
  ['without them', {}, 'busy'],
])('claude: unified headers: %s', (_, headers, expected) => {
  expect(judge(headers, anthropic)).toBe(expected)
})

const gemini = (message: string, reason: string, retryDelay: string | null) => [
  {
    error: {
      code: 429,
      message,
      status: 'RESOURCE_EXHAUSTED',
      details: [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason },
        ...(retryDelay === null ? [] : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay }]),
      ],
    },
  },
]
const CAPACITY = 'You have exhausted your capacity on this model.'
test.each([
  ['its capacity, for long: it would sleep', CAPACITY, 'QUOTA_EXHAUSTED', '5400.5s', 5400.5],
  ['its capacity, for seconds: it sleeps', CAPACITY, 'QUOTA_EXHAUSTED', '20s', 'busy'],
  ['other words: it gives up at once', 'Quota exceeded.', 'QUOTA_EXHAUSTED', '20s', 20],
  ['no delay', 'Quota exceeded.', 'QUOTA_EXHAUSTED', null, 'some time'],
  ['requests of a minute', 'Quota exceeded.', 'RATE_LIMIT_EXCEEDED', '20s', 'busy'],
])('gemini: %s', (_, message, reason, delay, expected) => {
  expect(judge({}, gemini(message, reason, delay))).toBe(expected)
})

import { expect, test } from 'vitest'
import { errorText } from './error-text.ts'
import { judgeAnswer as judge } from './judge-answer.ts'

const NOW = Date.parse('2030-01-01T00:00:00Z')
const judgeAnswer = (facts: Parameters<typeof judge>[0]) => judge(facts, { now: NOW, retryAfterMs: 60_000 })

const answer = (status: number, body: unknown = {}, more: { method?: string; path?: string } = {}) => ({
  method: 'POST',
  path: '/v1/responses',
  upstream: 'https://m',
  status,
  headers: {},
  body: typeof body === 'string' ? body : JSON.stringify(body),
  ...more,
})

test.each([
  [401, {}, 'auth'],
  [403, {}, 'auth'],
  [404, {}, 'model'],
  [400, { error: { code: 'model_not_found', message: 'x' } }, 'model'],
  [400, { error: { message: 'The model `gpt-9` does not exist or you do not have access to it.' } }, 'model'],
  [429, {}, 'rate-limit'],
])('%i %j: %s', (status, body, expected) => {
  expect(judgeAnswer(answer(status, body))).toMatchObject({ class: expected, fatal: expected !== 'rate-limit' })
})

test.each([
  [400, { error: { message: 'Image input is not supported by this model.' } }],
  [400, { error: { message: 'Invalid value: tools. No tool output found for the call; the model stopped.' } }],
  [500, {}],
  [503, {}],
  [413, {}],
])('%i %j says nothing of the turn', (status, body) => {
  expect(judgeAnswer(answer(status, body))).toBeNull()
})

test('what an agent looks up beside its answers says nothing', () => {
  expect(judgeAnswer(answer(404, {}, { method: 'GET', path: '/v1/models/x' }))).toBeNull()
  expect(judgeAnswer(answer(404, {}, { path: '/v1/messages/count_tokens' }))).toBeNull()
  expect(judgeAnswer(answer(404, {}, { path: '/v1beta/models/x:countTokens' }))).toBeNull()
})

test('the words of the upstream, with the wait it asks for', () => {
  expect(
    judgeAnswer({ ...answer(429, { error: { message: 'slow\n down' } }), headers: { 'retry-after': '20' } })?.message,
  ).toBe('the model at https://m answered 429 Too Many Requests to POST /v1/responses: slow down (retry-after: 20)')
})

test.each([
  ['60', false, undefined],
  ['61', true, '2030-01-01T00:01:01.000Z'],
  ['Tue, 01 Jan 2030 06:00:00 GMT', true, '2030-01-01T06:00:00.000Z'],
  ['Mon, 31 Dec 2029 06:00:00 GMT', false, undefined],
  ['1'.repeat(40), true, '+275760-09-13T00:00:00.000Z'],
  ['soon', false, undefined],
])('retry-after: %s ends the turn: %s', (retryAfter, fatal, retryAt) => {
  const verdict = judgeAnswer({ ...answer(429), headers: { 'retry-after': retryAfter } })
  expect([verdict?.class, verdict?.fatal, verdict?.retryAt]).toEqual(['rate-limit', fatal, retryAt])
})

test.each([
  [{ error: { message: 'a', code: 'c' } }, 'a', 'c'],
  [{ error: 'a' }, 'a', ''],
  [{ message: 'a' }, 'a', ''],
  [{ detail: 'a' }, 'a', ''],
  [[{ error: { message: 'a', code: 404, status: 'NOT_FOUND' } }], 'a', ''],
  ['<h1>Bad</h1>', '<h1>Bad</h1>', ''],
  ['', '', ''],
])('errorText of %j', (body, text, code) => {
  expect(errorText(typeof body === 'string' ? body : JSON.stringify(body))).toEqual({ text, code })
})

test('errorText ends at 500 characters', () => {
  expect(errorText('x'.repeat(9000)).text).toHaveLength(500)
})

const LOGIN = { name: 'codex/work' }
const byLogin = (facts: Parameters<typeof judge>[0], notRenewed?: string) =>
  judge(facts, {
    now: NOW,
    retryAfterMs: 60_000,
    login: { ...LOGIN, ...(notRenewed !== undefined && { notRenewed }) },
  })

test('a refused login names the command that mends it, once', () => {
  expect(byLogin(answer(401, { error: 'expired' }), 'signed out')?.message).toMatch(
    /: expired; login codex\/work: signed out; to log in again: berth auth login codex --name work$/,
  )
  const told = 'signed out; run berth auth login codex --name work'
  expect(byLogin(answer(401), told)?.message.match(/berth auth login/g)).toHaveLength(1)
  expect(judgeAnswer(answer(401))?.message).not.toContain('berth auth')
})

test('a plan that does not include it is a matter of a person, and not waited for', () => {
  const body = { error: { type: 'usage_not_included', message: 'not in this plan', resets_in_seconds: 9000 } }
  expect(byLogin(answer(429, body))).toMatchObject({ class: 'auth', fatal: true })
  expect(byLogin(answer(429, body))?.retryAt).toBeUndefined()
})

test.each([
  ['streamGenerateContent', 'auth'],
  ['loadCodeAssist', 'auth'],
  ['recordCodeAssistMetrics', undefined],
  ['retrieveUserQuota', undefined],
])('a refused v1internal:%s: %s', (method, expected) => {
  expect(byLogin(answer(403, {}, { path: `/v1internal:${method}` }))?.class).toBe(expected)
})

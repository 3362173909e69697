import { expect, it } from 'vitest'
import { claudeErrorClass } from './claude-error.ts'
import { codexErrorClass } from './codex-error.ts'
import { wordsClass } from './command-events.ts'
import { statusesIn } from './error-words.ts'
import { geminiErrorClass } from './gemini-error.ts'

it.each<[string, readonly number[]]>([
  ['429 Too Many Requests', [429]],
  ['429: slow down', [429]],
  ['API Error: 429 {"type":"error"}', [429]],
  ['[API Error: 503 busy]', [503]],
  ['exceeded retry limit, last status: 429 Too Many Requests', [429]],
  ['request failed with status code 401', [401]],
  ['HTTP 500', [500]],
  ['HTTP/1.1 404 Not Found', [404]],
  ['the server answered 529', [529]],
  ['unexpected status 403 Forbidden: no', [403]],
  ['429', [429]],
  ['429 files are not committed', []],
  ['429 uncommitted files', []],
  ['with 500 lines', []],
  ['error: 401 tests failed', []],
  ['src/app.ts:429:12: error', []],
  ['port 5000', []],
  ['4,429 files', []],
  ['error at /work/429/401.ts', []],
  ['commit 4291234', []],
  ['took 500 ms', []],
])('%j tells of %j', (words, statuses) => expect(statusesIn(words)).toEqual(statuses))

it.each([
  '429 files are not committed',
  'cannot open src/context_window/rate-limit.ts',
  'warning: 401 lines of context.py changed',
  'expected 500 to be 404 in quota.test.ts',
])('%j is no failure of the model', (words) => {
  expect([codexErrorClass(words), claudeErrorClass(words), geminiErrorClass(words), wordsClass(words)]).toEqual([
    'agent',
    'agent',
    'agent',
    'agent',
  ])
})

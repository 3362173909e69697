import { expect, test } from 'vitest'
import { pathBelow } from './path-below.ts'

test.each([
  ['/v1', '/v1/responses'],
  ['/v1/', '/v1/responses?stream=1'],
  ['/v1', '/v1'],
  ['/v1', '/v1?x'],
  ['/', '/anything'],
  ['/', '/v1beta/models/gemini-3:streamGenerateContent?alt=sse'],
  ['/v1', '/v1/.well-known/x?next=/../y'],
  ['/v1', '/v1/a..b/...'],
])('below %s: %s', (base, target) => {
  expect(pathBelow(base, target)).toBe(true)
})

test.each([
  ['/v1', '/v10/responses'],
  ['/v1', '/responses'],
  ['/v1', '/v1/../admin'],
  ['/v1', '/v1/..'],
  ['/v1', '/v1/%2e%2E/admin'],
  ['/v1', '/v1/x%2f..%2fadmin'],
  ['/v1', '/v1/..%5cadmin'],
  ['/v1', '/v1\\..\\admin'],
  ['/v1', '//v1/x'],
  ['/v1', 'http://host/v1/x'],
  ['/', '/./x'],
])('not below %s: %s', (base, target) => {
  expect(pathBelow(base, target)).toBe(false)
})

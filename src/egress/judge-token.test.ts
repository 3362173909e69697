import { expect, test } from 'vitest'
import { refusesToken } from './judge-token.ts'

const body = (message: string, more: object = {}) => JSON.stringify({ error: { message, ...more } })

test.each([
  [401, '', true],
  [401, body('Provided authentication token is expired.', { code: 'token_expired' }), true],
  [403, body('Provided authentication token is expired.'), true],
  [403, body('OAuth authentication is currently not allowed for this organization.'), false],
  [403, body('OAuth token has been revoked. Please obtain a new one.'), false],
  [
    403,
    body('verify your account', { status: 'PERMISSION_DENIED', details: [{ reason: 'VALIDATION_REQUIRED' }] }),
    false,
  ],
  [429, body('token expired'), false],
])('%i %s: %s', (status, text, expected) => {
  expect(refusesToken(status, text)).toBe(expected)
})

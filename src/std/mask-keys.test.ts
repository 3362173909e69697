import { expect, test } from 'vitest'
import { maskKeys } from './mask-keys.ts'

test.each([
  ['+ echo sk-ant-api03-AbCd', '+ echo ***'],
  ['token=ghp_0123456789abcdef is no good', 'token=*** is no good'],
  ['cannot open "eyJhbGciOi.J9"', 'cannot open "***"'],
  ['API key: 7f3a9c01d2e4b5a6f7c8', 'API key: ***'],
  ['key:7f3a9c01d2e4b5a6f7c8', 'key:***'],
  ['aGVsbG8gd29ybGQgMTIz+w==', '***'],
  ['https://ada:hush@vault.example/v1 refused', 'https://***@vault.example/v1 refused'],
])('%s', (text, masked) => expect(maskKeys(text)).toBe(masked))

test.each([
  'locked',
  'Error: my/openai/key is not in the password store.',
  'gpg: decryption failed: No secret key',
  '/usr/lib/python3/dist-packages/secretstorage: no such file',
  'https://vault.example/v1/secret42/data answered 403',
  'ended with 127',
])('%s: is shown as it is', (text) => expect(maskKeys(text)).toBe(text))

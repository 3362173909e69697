import { expect, test } from 'vitest'
import { registryHeader } from './registry-header.ts'

const read = (headers: Readonly<Record<string, string>>) => {
  const text = headers['X-Registry-Auth'] ?? ''
  expect(text).toMatch(/^[A-Za-z0-9_-]+=*$/)
  expect(text.length % 4).toBe(0)
  return JSON.parse(Buffer.from(text, 'base64url').toString())
}

test('a login goes as URL-safe base64 with its padding', () => {
  expect(read(registryHeader({ username: 'ada', password: '?>~ÿ' }))).toEqual({ username: 'ada', password: '?>~ÿ' })
  expect(read(registryHeader({ identityToken: 'T' }))).toEqual({ identitytoken: 'T' })
  expect(read(registryHeader(undefined))).toEqual({})
})

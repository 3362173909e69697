import { expect, test } from 'vitest'
import { proxyWords } from './proxy-words.ts'

test.each([
  [
    'the text of a page',
    '<html><head><title>ERROR</title><style>p { x }</style></head><p>Access\n <b>denied</b>',
    'Access denied',
  ],
  ['plain text', 'not on the list of hosts\n', 'not on the list of hosts'],
  ['nothing', '', ''],
  ['control characters and sequences', 'a\u001b[31mb\u0007\u202ec', 'abc'],
  ['what looks like a key', 'use ghp_0123456789abcdefghij', 'use ***'],
])('shows of %s what is for people', (_, body, words) => {
  expect(proxyWords(body)).toBe(words)
})

test('is bounded, and quick with what is made to be slow', () => {
  for (const body of [
    '<style'.repeat(2000),
    '<'.repeat(8192),
    '<style>'.repeat(2000),
    '<a'.repeat(4096),
    'x'.repeat(8192),
  ])
    expect(proxyWords(body).length).toBeLessThan(310)
})

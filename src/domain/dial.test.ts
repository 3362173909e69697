import { expect, test } from 'vitest'
import { formatDialTarget, parseDialTarget } from './dial.ts'

test.each([1, 3000, 65_535])('port %i', (port) =>
  expect(parseDialTarget(formatDialTarget({ kind: 'port', port }))).toEqual({
    ok: true,
    value: { kind: 'port', port },
  }),
)

test.each(['terminal', 'program'] as const)('%s', (kind) =>
  expect(parseDialTarget(formatDialTarget({ kind }))).toEqual({ ok: true, value: { kind } }),
)

test.each([
  '',
  'port:',
  'port:0',
  'port:65536',
  'port:03',
  'port:3 ',
  'name:terminal',
  'terminal:1',
  'Program',
  '3000',
  'port:1.2.3.4:80',
])('%j is no target', (text) => expect(parseDialTarget(text).ok).toBe(false))

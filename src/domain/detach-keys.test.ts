import { expect, test } from 'vitest'
import { DETACH_KEYS, parseDetachKeys } from './detach-keys.ts'

test.each([
  [DETACH_KEYS, [16, 17]],
  ['ctrl-@', [0]],
  ['ctrl-a,Z,ctrl-z', [1, 90, 26]],
  ['ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_', [27, 28, 29, 30, 31]],
  ['d,e,t', [100, 101, 116]],
])('%s', (text, bytes) => expect(parseDetachKeys(text)).toEqual({ ok: true, value: bytes }))

test.each(['', ',', 'ctrl-p,', 'ctrl-P', 'ctrl-1', 'ctrl-', 'ctrl-pq', 'alt-p', 'pq', '1', ' p', 'é', 'p q'])(
  '%j is none',
  (text) => {
    const read = parseDetachKeys(text)
    expect(!read.ok && read.error).toContain('is no key: write keys with commas')
  },
)

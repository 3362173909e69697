import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keyWatch } from './key-watch.ts'

const typed = (keys: string, ...pieces: readonly string[]) => {
  const watch = keyWatch([...Buffer.from(keys)])
  let passed = ''
  for (const piece of pieces) {
    const taken = watch.take(Buffer.from(piece))
    passed += Buffer.from(taken.passed).toString()
    if (taken.found) return [passed, true]
  }
  return [passed + Buffer.from(watch.release()).toString(), false]
}

test.each([
  ['whole', 'pq', ['apqb'], 'a', true],
  ['in pieces', 'pq', ['ap', 'q'], 'a', true],
  ['begun twice', 'pq', ['p', 'pq'], 'p', true],
  ['overlapping', 'aab', ['aaab'], 'a', true],
  ['begun and not ended', 'pq', ['p', 'x'], 'px', false],
  ['begun at the end', 'pq', ['xp'], 'xp', false],
  ['one key', 'q', ['abqc'], 'ab', true],
])('keys that are %s', (_, keys, pieces, passed, found) => expect(typed(keys, ...pieces)).toEqual([passed, found]))

test('whatever is typed passes up to the keys, once and in order', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 })
  const keys = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(keys, fc.array(letters, { maxLength: 6 }), (wanted, pieces) => {
      const all = pieces.join('')
      const place = all.indexOf(wanted)
      expect(typed(wanted, ...pieces)).toEqual(place < 0 ? [all, false] : [all.slice(0, place), true])
    }),
  )
})

test('what waits is released once', () => {
  const watch = keyWatch([1, 2])
  watch.take(Uint8Array.of(1))
  expect(watch.waits).toBe(true)
  expect([...watch.release()]).toEqual([1])
  expect(watch.waits).toBe(false)
  expect(watch.take(Uint8Array.of(2)).found).toBe(false)
})

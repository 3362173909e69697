import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration } from './duration.ts'

describe('parseDuration', () => {
  it.each([
    ['30s', 30_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['500ms', 500],
    ['1.5h', 5_400_000],
    ['1m500ms', 60_500],
    ['0s', 0],
  ])('%s', (text, ms) => expect(parseDuration(text)).toEqual({ ok: true, value: ms }))

  it.each([
    ['30', 'needs a unit'],
    ['1.5', 'needs a unit'],
    ['', 'is not a duration'],
    ['5x', 'is not a duration'],
    ['-5s', 'is not a duration'],
    ['30m1h', 'from large to small'],
    ['1h1h', 'from large to small'],
    ['99999999999999999d', 'too large'],
    ['1 h', 'is not a duration'],
  ])('refuses %j', (text, why) =>
    expect(parseDuration(text)).toMatchObject({ ok: false, error: expect.stringContaining(why) }),
  )

  it('reads back what formatDuration writes', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 45 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toEqual({ ok: true, value: ms })
      }),
    )
  })

  it('never throws and never gives a negative or broken number', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789.hmsd ') }), (text) => {
        const result = parseDuration(text)
        expect(!result.ok || (Number.isSafeInteger(result.value) && result.value >= 0)).toBe(true)
      }),
    )
  })
})

describe('formatDuration', () => {
  it.each([
    [0, 2, '0s'],
    [5_400_000, 2, '1h30m'],
    [90_061_001, 2, '1d1h'],
    [86_400_000 + 5000, 2, '1d'],
    [850, 2, '850ms'],
    [61_500, 1, '1m'],
  ])('%d in %d parts', (ms, parts, text) => expect(formatDuration(ms, parts)).toBe(text))
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatBytes, parseBytes } from './bytes.ts'

describe('parseBytes', () => {
  it.each([
    ['100', 100],
    ['100b', 100],
    ['512m', 536_870_912],
    ['2g', 2_147_483_648],
    ['1.5GiB', 1_610_612_736],
    ['64kb', 65_536],
    ['1 GiB', 1_073_741_824],
    ['1T', 1024 ** 4],
  ])('%s', (text, bytes) => expect(parseBytes(text)).toEqual({ ok: true, value: bytes }))

  it.each(['', 'lots', '-1g', '5x', '1.g', '1gbb', '9999999999p', '0x10'])('refuses %j', (text) => {
    expect(parseBytes(text).ok).toBe(false)
  })

  it('takes any whole number of bytes as it is', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (n) => {
        expect(parseBytes(String(n))).toEqual({ ok: true, value: n })
      }),
    )
  })

  it('reads what formatBytes writes, within its rounding', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 50 }), (n) => {
        const back = parseBytes(formatBytes(n))
        expect(back.ok && Math.abs(back.value - n) <= Math.max(1, n * 0.06)).toBe(true)
      }),
    )
  })
})

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1024 * 1024 - 1, '1 MiB'],
    [536_870_912, '512 MiB'],
    [1_610_612_736, '1.5 GiB'],
  ])('%d', (n, text) => expect(formatBytes(n)).toBe(text))
})

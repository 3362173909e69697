import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { idSource, newId } from './id.ts'

describe('newId', () => {
  it('is a DNS label of 20 characters', () => {
    expect(newId('t')).toMatch(/^t-[0-9a-hjkmnp-tv-z]{18}$/)
  })

  it('gives ids that are different and in order', () => {
    const ids = Array.from({ length: 5000 }, () => newId('t'))
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.toSorted()).toEqual(ids)
  })

  it('sorts by time whatever the clock and the dice do within a process', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 2 ** 31 }), fc.integer({ min: 0, max: 2 ** 31 }))), (draws) => {
        let i = 0
        const next = idSource({ now: () => draws[i]?.[0] ?? 0, random: () => 2 ** 40 - 1 - (draws[i]?.[1] ?? 0) })
        const ids = draws.map(() => {
          const id = next('t')
          i += 1
          return id
        })
        expect(ids.toSorted()).toEqual(ids)
        expect(new Set(ids).size).toBe(ids.length)
      }),
    )
  })

  it('writes the time first, in 48 bits', () => {
    const at = (ms: number) => idSource({ now: () => ms, random: () => 0 })('t')
    expect(at(0)).toBe('t-000000000000000000')
    expect(at(2 ** 48 - 1)).toBe('t-7zzzzzzzzz00000000')
    expect(at(1_700_000_000_000) < at(1_700_000_000_001)).toBe(true)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lineSplitter } from './lines.ts'

const split = (bytes: Buffer, cuts: readonly number[], max: number) => {
  const splitter = lineSplitter(max)
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b)
  const ends = [...at, bytes.length]
  return [...ends.flatMap((end, i) => splitter.push(bytes.subarray(ends[i - 1] ?? 0, end))), ...splitter.end()]
}

describe('lineSplitter', () => {
  it('joins what was cut anywhere', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary' }).map((s) => s.replaceAll('\n', ''))),
        fc.array(fc.nat()),
        (lines, cuts) => {
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
          expect(split(bytes, cuts, 10_000)).toEqual(bytes.toString('utf8').split('\n').slice(0, -1))
        },
      ),
    )
  })

  it('gives the same lines however the bytes arrive, also over the cap and for bytes that are no text', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.nat()),
        fc.integer({ min: 1, max: 20 }),
        (raw, cuts, max) => {
          const bytes = Buffer.from(raw)
          expect(split(bytes, cuts, max)).toEqual(split(bytes, [], max))
        },
      ),
    )
  })

  it('cuts a long line at the cap, never inside a character, and goes on with the next', () => {
    expect(split(Buffer.from('aaaéééé\nnext\n'), [3, 5], 6)).toEqual(['aaaé', 'next'])
    expect(split(Buffer.from('123456\n'), [], 6)).toEqual(['123456'])
  })

  it('gives a last line without a newline, and empty lines', () => {
    expect(split(Buffer.from('a\n\nb'), [], 10)).toEqual(['a', '', 'b'])
  })

  it('takes a 3 MB line a byte at a time in linear time', () => {
    const byte = Buffer.from('x')
    /** The processor's time for a line of that many bytes: what else the machine does does not matter. */
    const cost = (bytes: number) => {
      const splitter = lineSplitter(2_000_000)
      const before = process.cpuUsage()
      for (let i = 0; i < bytes; i += 1) splitter.push(byte)
      expect(splitter.push(Buffer.from('\n'))[0]?.length).toBe(Math.min(bytes, 2_000_000))
      return process.cpuUsage(before).user
    }
    const tenth = cost(300_000)
    // Ten times the bytes: a hundred times the work would be a quadratic reader.
    expect(cost(3_000_000) / tenth).toBeLessThan(40)
  })
})

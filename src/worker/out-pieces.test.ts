import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeFrame, FRAME_BYTES } from '../domain/worker-protocol.ts'
import { outPieces } from './out-pieces.ts'

const frame = (body: ReturnType<ReturnType<typeof outPieces>['push']>[number]) =>
  encodeFrame({ v: 1, n: Number.MAX_SAFE_INTEGER, t: 9_999_999_999_999, ...body })

const bytesOf = (body: object) =>
  'd' in body ? Buffer.from(String(body.d)) : Buffer.from('b' in body ? String(body.b) : '', 'base64')

const run = (chunks: readonly Uint8Array[]) => {
  const pieces = outPieces('o')
  return [...chunks.flatMap((chunk) => pieces.push(Buffer.from(chunk))), ...pieces.end()]
}

const text = fc.string({ unit: 'binary', maxLength: 6000 }).map((value) => Buffer.from(value.toWellFormed()))
const any = fc.uint8Array({ maxLength: 20_000 })

/** The bytes in pieces of these lengths. */
const chop = (bytes: Uint8Array, sizes: readonly number[]) => {
  const chunks: Uint8Array[] = []
  let at = 0
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return [...chunks, bytes.subarray(at)]
}

test('any bytes, however cut, join again, and no frame is too long', () => {
  fc.assert(
    fc.property(fc.oneof(text, any), fc.array(fc.nat(5000), { maxLength: 8 }), (bytes, sizes) => {
      const bodies = run(chop(bytes, sizes))
      expect(Buffer.concat(bodies.map(bytesOf)).equals(Buffer.from(bytes))).toBe(true)
      for (const body of bodies) expect(frame(body).length).toBeLessThan(FRAME_BYTES)
    }),
    { numRuns: 150 },
  )
})

test('text is text in every piece, however it is cut', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(9), { maxLength: 50 }), (bytes, sizes) => {
      expect(run(chop(bytes, sizes)).every((body) => 'd' in body)).toBe(true)
    }),
    { numRuns: 100 },
  )
})

test('plain text fills its frames', () => {
  const bodies = run([Buffer.alloc(78_000, 'x')])
  expect(bodies.length).toBe(10)
})

test('one bad byte does not turn the text after it into base64', () => {
  const bodies = run([Buffer.concat([Buffer.from([0xff]), Buffer.from('ä'.repeat(20_000))])])
  expect(bodies.filter((body) => 'b' in body)).toHaveLength(1)
})

test('a character that never comes to its end is told at the end', () => {
  expect(run([Buffer.from([0x61, 0xe2, 0x82])])).toEqual([
    { k: 'out', s: 'o', d: 'a' },
    { k: 'out', s: 'o', b: Buffer.from([0xe2, 0x82]).toString('base64') },
  ])
})

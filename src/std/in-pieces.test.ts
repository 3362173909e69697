import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inPieces } from './in-pieces.ts'

test('the pieces join to the texts, and none but the last is short', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.integer({ min: 1, max: 30 }), (texts, size) => {
      const pieces = [...inPieces(texts, size)]
      expect(Buffer.concat(pieces).toString()).toBe(texts.join(''))
      expect(pieces.slice(0, -1).every((piece) => piece.toString().length >= size)).toBe(true)
      expect(pieces.every((piece) => piece.length > 0)).toBe(true)
    }),
  )
})

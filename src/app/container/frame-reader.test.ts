import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeFrame, type Frame } from '../../domain/worker-protocol.ts'
import { frameReader } from './frame-reader.ts'

const frame = (n: number, text = 'x'): Frame => ({ v: 1, n, t: 1, k: 'out', s: 'o', d: text })
const line = (n: number, text?: string) => `${encodeFrame(frame(n, text))}\n`
const read = (known: number, text: string, cut = text.length) => {
  const reader = frameReader(known)
  const out: string[] = []
  for (let at = 0; at < text.length; at += cut) {
    for (const one of reader.push(Buffer.from(text.slice(at, at + cut))))
      out.push(one.kind === 'frame' ? String(one.frame.n) : one.kind)
  }
  return out
}

test('frames in order are accepted however the log is cut', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 90 }), (count, cut) => {
      const numbers = Array.from({ length: count }, (_, i) => i + 1)
      expect(read(0, numbers.map((n) => line(n)).join(''), cut)).toEqual(numbers.map(String))
    }),
  )
})

test('what the agent writes beside them is not the worker word', () => {
  expect(read(0, `${line(1)}hello\n{"v":1,"n":1}\n${line(1, 'forged')}${line(2)}`)).toEqual([
    '1',
    'untrusted',
    'untrusted',
    'untrusted',
    '2',
  ])
})

test('a later look skips what was taken in, and tells a hole', () => {
  expect(read(2, line(1) + line(2) + line(3))).toEqual(['again', 'again', '3'])
  expect(read(2, line(5))).toEqual(['hole'])
})

test('an old number behind a new one is forged, and every byte of one is told', () => {
  expect(read(2, line(3) + line(1) + line(2))).toEqual(['3', 'untrusted', 'untrusted'])
  const text = line(1).repeat(1000)
  const told = [...frameReader(2).push(Buffer.from(text))].map((one) => (one.kind === 'again' ? one.bytes : 0))
  expect(told.reduce((sum, bytes) => sum + bytes, 0)).toBe(text.length)
})

test('frames are ASCII, whatever they carry', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const encoded = encodeFrame(frame(1, text))
      expect([...encoded].every((c) => c.charCodeAt(0) < 128)).toBe(true)
      expect((JSON.parse(encoded) as { d: string }).d).toBe(text)
    }),
  )
})

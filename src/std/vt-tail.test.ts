import { Terminal } from '@xterm/headless'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { vtTail } from './vt-tail.ts'

const tailOf = (...pieces: readonly (string | Uint8Array)[]): string => {
  const tail = vtTail()
  for (const piece of pieces) tail.push(Buffer.from(piece as string))
  return tail.tail().toString('latin1')
}

test.each([
  ['text', ''],
  ['text\x1b', '\x1b'],
  ['\x1b[1;3', '\x1b[1;3'],
  ['\x1b[1;3H', ''],
  ['\x1b(', '\x1b('],
  ['\x1b(0', ''],
  ['\x1b]0;title', '\x1b]0;title'],
  ['\x1b]0;title\x07', ''],
  ['\x1b]0;title\x1b', '\x1b'],
  ['\x1b]0;title\x1b\\', ''],
  ['\x1bPq#0', '\x1bPq#0'],
  ['\x1bPq\x07#0', '\x1bPq\x07#0'],
  ['\x1b[3\x18', ''],
  ['\x1b[3\r', '\x1b[3\r'],
  ['\x1b[3\x1b[4', '\x1b[4'],
])('%j ends within %j', (output, tail) => {
  expect(tailOf(output)).toBe(tail)
  expect(tailOf(...output)).toBe(tail)
})

test('half of a character is unfinished, whole ones and bytes that are none are not', () => {
  expect(tailOf('€'.repeat(3))).toBe('')
  expect(tailOf(Buffer.from('€').subarray(0, 2))).toBe('\xe2\x82')
  expect(tailOf(Buffer.from('€').subarray(0, 2), 'a')).toBe('')
  expect(tailOf(Buffer.from([0xff, 0x80]))).toBe('')
})

test('of a string without end the beginning of one is kept that ends as it does', () => {
  expect(tailOf(`\x1b]52;c;${'A'.repeat(100_000)}`)).toBe('\x1b]7777;')
  expect(tailOf(`\x1bPq${'A'.repeat(100_000)}`)).toBe('\x1bX')
  expect(tailOf(`\x1b]52;c;${'A'.repeat(100_000)}\x07`)).toBe('')
})

type Core = {
  writeSync(data: Uint8Array): void
  readonly _inputHandler: { readonly _parser: { readonly currentState: number } }
}

test('it knows where xterm knows that a sequence is unfinished', () => {
  const byte = fc.oneof(
    fc.constantFrom(
      0x1b,
      0x1b,
      0x5b,
      0x5d,
      0x50,
      0x58,
      0x5e,
      0x5f,
      0x5c,
      0x07,
      0x18,
      0x1a,
      0x30,
      0x3b,
      0x3f,
      0x20,
      0x48,
      0x6d,
    ),
    fc.constantFrom(0xc2, 0x9b, 0x9d, 0x90, 0x9c, 0x98, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x99, 0x82, 0x7f, 0x0a),
  )
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 24 }), (bytes) => {
      const terminal = new Terminal({ cols: 20, rows: 4, allowProposedApi: true, logLevel: 'off' })
      const core = (terminal as unknown as { readonly _core: Core })._core
      // Whole characters only, so that xterm's parser has all of it.
      const output = Buffer.from(Buffer.from(bytes).toString('utf8').replaceAll('\ufffd', ''))
      core.writeSync(output)
      const isWithin = core._inputHandler._parser.currentState !== 0
      expect(tailOf(output) !== '').toBe(isWithin)
    }),
    { numRuns: 500 },
  )
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openScreen } from './screen.ts'

const SIZE = { columns: 12, rows: 5 }
const open = (from: Parameters<typeof openScreen>[0] = SIZE) => openScreen(from, () => {})

const output = fc
  .array(
    fc.constantFrom(
      'a',
      'word ',
      '漢',
      '🙂',
      'é',
      '\r\n',
      '\x1b[31;4m',
      '\x1b[0m',
      '\x1b[2;3H',
      '\x1b[K',
      '\x1b[2;4r',
      '\x1b]0;a title\x07',
      '\x1bP1;2qdata\x1b\\',
      '\x1b[?1049h',
      '\x1b[?1049l',
      '\x1b(0lqk\x1b(B',
      '\x1b[3b',
      '\u009b2J',
      '\x1b[?25l',
    ),
    { minLength: 1, maxLength: 40 },
  )
  .map((parts) => Buffer.from(parts.join('')))

/** Cut while the other screen, on which a cursor was saved, is not seen. */
const SAVED_ON_THE_OTHER: [Buffer, number] = [Buffer.from(`${'\x1b[?1049h'}a\x1b[?1049h\x1b[?1049l\x1b[?1049h`), 25]

/** Cut on the other screen, where nothing is written, and the cursor is behind the end of its row. */
const WRAPS_ON_THE_OTHER: [Buffer, number] = [Buffer.from('0123456789ab\x1b[?1049h\x1b]0;a title\x07'), 22]

test('a screen that is saved at any byte and opened again goes on as the one that was not', () => {
  fc.assert(
    fc.property(output, fc.nat(), (bytes, place) => {
      const cut = place % bytes.length
      const one = open()
      one.write(bytes.subarray(0, cut))
      const other = open(JSON.parse(JSON.stringify(one.save())))
      for (const screen of [one, other]) screen.write(bytes.subarray(cut))
      expect(other.snapshot(true).toString('latin1')).toBe(one.snapshot(true).toString('latin1'))
    }),
    { numRuns: Number(process.env['RUNS'] ?? 100), examples: [SAVED_ON_THE_OTHER, WRAPS_ON_THE_OTHER] },
  )
})

test('a part of a screen is as much as fits, and has the cursor', () => {
  const screen = open({ columns: 10, rows: 4 })
  screen.write(Buffer.from('0123456789\r\nab漢d\r\n\x1b[44mblue\x1b[0m\r\n\x1b[?1hlast line'))
  expect(screen.part({ columns: 20, rows: 10 })).toEqual({
    rows: ['0123456789', 'ab漢d', '\x1b[0;44mblue\x1b[0m', 'last line'],
    cursor: { row: 3, column: 9 },
    modes: '\x1b[?1h',
  })
  // The lower right corner, where the cursor is; of a wide character that does not fit nothing is shown.
  expect(screen.part({ columns: 6, rows: 2 })).toMatchObject({ rows: ['', ' line'], cursor: { row: 1, column: 5 } })
  screen.write(Buffer.from('\x1b[2;1H'))
  expect(screen.part({ columns: 3, rows: 2 }).rows).toEqual(['012', 'ab '])
})

test('rows above the screen are kept for who comes later', () => {
  const screen = open()
  screen.write(Buffer.from(Array.from({ length: 2000 }, (_, row) => `row ${row}\r\n`).join('')))
  const lines = (text: Buffer) => text.toString().match(/row \d+/g)?.length
  expect([lines(screen.snapshot(true)), lines(screen.snapshot(false))]).toEqual([1004, 4])
})

test('output that no terminal could make sense of does no harm', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const screen = open()
      screen.write(bytes)
      expect(screen.size).toEqual(SIZE)
      open(screen.save())
    }),
    { numRuns: 100 },
  )
})

test.each(['b', 'I', 'Z', 'L', 'M', 'S', 'T'])('a count of two thousand million is limited: CSI n %s', (final) => {
  const shown = (count: number) => {
    const screen = open()
    screen.write(Buffer.from(`one\r\ntwo\r\n\x1b[31mthree\x1b[${count}${final}end`))
    return screen.part(SIZE)
  }
  expect(shown(2_147_483_647)).toEqual(shown(9999))
})

test('a character with many marks is repeated less', () => {
  const screen = open()
  screen.write(Buffer.from(`a${'\u0301'.repeat(8000)}\x1b[9999bz`))
  expect(screen.part(SIZE).cursor).toEqual({ row: 0, column: 3 })
})

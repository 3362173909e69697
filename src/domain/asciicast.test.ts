import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asciicast, castEvent, castHeader } from './asciicast.ts'
import type { Frame, FrameBody } from './worker-protocol.ts'

const FROM = Date.parse('2026-01-02T03:04:00.000Z')
const UNTIL = FROM + 60_000

const framed = (bodies: readonly (readonly [t: number, body: FrameBody])[]): readonly Frame[] =>
  bodies.map(([t, body], at) => ({ v: 1, n: at + 1, t, ...body }))

/** A piece as the worker frames it: as text where it is whole UTF-8. */
const out = (bytes: Buffer): FrameBody => {
  const d = bytes.toString()
  return Buffer.from(d).equals(bytes) ? { k: 'out', s: 't', d } : { k: 'out', s: 't', b: bytes.toString('base64') }
}

const cast = (
  attempts: readonly (readonly Frame[])[],
  { mostBytes = 1e9, redact = (text: string) => text }: { mostBytes?: number; redact?: (text: string) => string } = {},
) => {
  const lines = [
    ...asciicast({
      attempts,
      size: { columns: 80, rows: 24 },
      term: 'xterm-256color',
      title: 'fix the flaky test',
      from: new Date(FROM),
      until: new Date(UNTIL),
      mostBytes,
      redact,
    }),
  ]
  const [header = '', ...rest] = lines
  const events = rest.map((line) => castEvent(line))
  return { lines, header: castHeader(header), events, bytes: Buffer.byteLength(lines.join('')) }
}

const printed = (events: ReturnType<typeof cast>['events']) =>
  events.map((event) => (event?.kind === 'o' ? event.text : '')).join('')

/** Bytes of letters of every length, of sequences, and of nothing at all. */
const anyBytes = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom('\u001b[31m', '\r\n', '\ufeff', '日本', '👩‍💻', '\u001b]52;c;eA==\u0007')
    .map((text) => Buffer.from(text)),
)

test('the events of a recording join to the text of the frames, however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(anyBytes, { minLength: 1 }), fc.array(fc.nat({ max: 40 })), (parts, cuts) => {
      const all = Buffer.concat(parts)
      const pieces: Buffer[] = []
      let rest = all
      for (const cut of cuts) {
        pieces.push(rest.subarray(0, cut))
        rest = rest.subarray(cut)
      }
      const { events } = cast([framed([...pieces, rest].map((piece, at) => [FROM + at, out(piece)]))])
      expect(printed(events)).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(all))
      expect(events).not.toContain(undefined)
    }),
  )
})

test('times never go back and never pass the end of the turn, whatever the worker says', () => {
  const anyTime = fc.oneof(fc.nat({ max: 8_640_000_000_000 }), fc.integer({ min: FROM, max: UNTIL }))
  const frames = fc.array(fc.tuple(anyTime, fc.constant(out(Buffer.from('x')))))
  fc.assert(
    fc.property(fc.array(frames, { maxLength: 3 }), (attempts) => {
      const { header, events } = cast(attempts.map(framed))
      const times = events.map((event) => event?.seconds ?? Number.NaN)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      expect(times.every((time) => time >= 0 && time <= 60)).toBe(true)
      const began = header === undefined ? FROM : Date.parse(header.startedAt ?? '')
      expect(began >= FROM && began <= UNTIL).toBe(true)
    }),
  )
})

test('the first size stands in the header, and a further one is an event', () => {
  const { header, events } = cast([
    framed([
      [FROM + 500, { k: 'phase', phase: 'agent' }],
      [FROM + 2000, { k: 'size', columns: 100, rows: 30 }],
      [FROM + 2250, out(Buffer.from('a'))],
      [FROM + 3000, { k: 'size', columns: 120, rows: 40 }],
      [FROM + 3100, { k: 'out', s: 'o', d: 'of no terminal' }],
      [FROM + 3500, out(Buffer.from('b'))],
    ]),
  ])
  expect(header).toEqual({ columns: 100, rows: 30, startedAt: '2026-01-02T03:04:02.000Z' })
  expect(events).toEqual([
    { seconds: 0.25, kind: 'o', text: 'a' },
    { seconds: 1, kind: 'r', text: '120x40' },
    { seconds: 1.5, kind: 'o', text: 'b' },
  ])
})

test('a further attempt goes on where the one before ended', () => {
  const { events } = cast([
    framed([
      [FROM, out(Buffer.from('a'))],
      [FROM + 2000, out(Buffer.from([0xe6]))],
    ]),
    framed([
      [FROM + 30_000, { k: 'size', columns: 90, rows: 20 }],
      [FROM + 31_000, out(Buffer.from('b'))],
    ]),
  ])
  expect(events).toEqual([
    { seconds: 0, kind: 'o', text: 'a' },
    { seconds: 2, kind: 'o', text: '\ufffd' },
    { seconds: 2, kind: 'r', text: '90x20' },
    { seconds: 3, kind: 'o', text: 'b' },
  ])
})

test('a turn whose terminal printed nothing has no recording', () => {
  expect(cast([[], framed([[FROM, { k: 'out', s: 'o', d: 'of no terminal' }]])]).lines).toEqual([])
})

test('a recording ends at its limit with a marker, and so does one whose worker dropped output', () => {
  const many = Array.from({ length: 100 }, (_, at) => [FROM + at, out(Buffer.from('\u001b'.repeat(100)))] as const)
  const full = cast([framed(many)], { mostBytes: 10_000 })
  expect(full.bytes).toBeLessThan(10_200)
  expect(full.events.at(-1)).toMatchObject({ kind: 'm', text: expect.stringContaining('output limit') })
  expect(full.events.filter((event) => event?.kind === 'm')).toHaveLength(1)
  const dropped = cast([framed([...many.slice(0, 1), [FROM + 7, { k: 'dropped', bytes: 12 }]])])
  expect(dropped.events.map((event) => event?.kind)).toEqual(['o', 'm'])
})

test('secrets are masked in the text that the frames join to', () => {
  const redact = (text: string) => text.replaceAll('sécret', '***')
  const bytes = Buffer.from('a sécret')
  const { lines } = cast(
    [
      framed([
        [FROM, out(bytes.subarray(0, 2))],
        [FROM, out(bytes.subarray(2))],
      ]),
    ],
    { redact },
  )
  expect(lines.join('')).toContain('***')
  expect(lines.join('')).not.toContain('sécret')
})

test('a line that is no part of a recording is none', () => {
  for (const line of [
    '',
    '[',
    '{}',
    'null',
    '{"version":3,"width":1,"height":1}',
    '[1,"o"]',
    '["1","o","x"]',
    '[1,"i","x"]',
  ]) {
    expect(castHeader(line), line).toBeUndefined()
    expect(castEvent(line), line).toBeUndefined()
  }
})

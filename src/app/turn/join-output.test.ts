import { expect, test } from 'vitest'
import type { EventBody } from '../../domain/event.ts'
import { encodeFrame } from '../../domain/worker-protocol.ts'
import { command } from '../../providers/command.ts'
import { noop } from '../../providers/noop.ts'
import type { Parser } from '../../providers/provider.ts'
import { frameReader } from '../container/frame-reader.ts'
import { frameParser } from './frame-parser.ts'
import { joinOutput } from './join-output.ts'

const output = (text: string, part: number, stream: 'stdout' | 'stderr' = 'stdout'): EventBody => ({
  type: 'agent.output',
  turn: 1,
  stream,
  text,
  from: [3, part],
})
const message = (text: string): EventBody => ({ type: 'agent.message', turn: 1, text })
const texts = (events: readonly EventBody[]) => events.map((event) => ('text' in event ? event.text : event.type))

test('a few lines stay events of their own, many are one, with the place of the last', () => {
  const lines = (count: number) => Array.from({ length: count }, (_, i) => output(`${i}`, i))
  expect(joinOutput(lines(4), false)).toEqual(lines(4))
  expect(joinOutput(lines(6), false)).toEqual([output('0\n1\n2\n3\n4\n5', 5)])
})

test('what stands between lines keeps its place, and a stream is not another', () => {
  const five = (stream: 'stdout' | 'stderr') => Array.from({ length: 5 }, (_, i) => output('x', i, stream))
  const end: EventBody = { type: 'agent.started', turn: 1 }
  expect(texts(joinOutput([...five('stdout'), ...five('stderr'), end, ...five('stdout')], false))).toEqual([
    'x\nx\nx\nx\nx',
    'x\nx\nx\nx\nx',
    'agent.started',
    'x\nx\nx\nx\nx',
  ])
})

test('messages are joined where they are the lines of a plain text', () => {
  const many = Array.from({ length: 9 }, () => message('m'))
  expect([joinOutput(many, false).length, joinOutput(many, true).length]).toEqual([9, 1])
})

test('an event does not grow over 16 KiB, but for a line that is longer', () => {
  const sizes = (length: number) =>
    joinOutput(
      Array.from({ length: 50 }, () => output('x'.repeat(length), 0)),
      false,
    )
  expect(Math.max(...texts(sizes(1000)).map((text) => text.length))).toBeLessThanOrEqual(16 * 1024)
  expect(sizes(20_000).length).toBe(50)
})

/** Bytes of journal that an output leaves, taken in as an engine's log comes: 64 KiB at a time. */
const journalOf = (said: string, parser: Parser): { readonly bytes: number; readonly events: number } => {
  const parsing = frameParser({
    turn: 1,
    parser,
    journaled: null,
    keepAlive: false,
    redact: (text) => text,
    further: [],
  })
  const reader = frameReader(0)
  const log = Buffer.from(
    Array.from({ length: Math.ceil(said.length / 5000) }, (_, i) => {
      const d = said.slice(i * 5000, (i + 1) * 5000)
      return `${encodeFrame({ v: 1, n: i + 1, t: 1, k: 'out', s: 'o', d })}\n`
    }).join(''),
  )
  let events = 0
  let bytes = 0
  for (let at = 0; at < log.length; at += 65_536) {
    const frames = [...reader.push(log.subarray(at, at + 65_536))]
    const made = frames.flatMap((one) => (one.kind === 'frame' ? parsing.frame(one.frame) : []))
    const kept = joinOutput(made, parsing.plain)
    events += kept.length
    for (const event of kept) bytes += JSON.stringify({ v: 1, seq: 1, at: '2026-01-01T00:00:00.000Z', ...event }).length
  }
  return { bytes, events }
}

const text = command('plain', {
  command: ['agent'],
  output: 'text',
  events: [],
  'exit-codes': {},
  env: {},
} as unknown as Parameters<typeof command>[1])

test.each([
  ['lines of output', noop.parser({ previousThread: null, resume: null })],
  ['lines of a plain text', text.parser({ previousThread: null, resume: null })],
])('2 MB of one-byte %s make a journal of less than four times that', (_, parser) => {
  const said = 'x\n'.repeat(1_000_000)
  const { bytes, events } = journalOf(said, parser)
  expect(bytes).toBeLessThan(4 * said.length)
  expect(events).toBeLessThan(2000)
})

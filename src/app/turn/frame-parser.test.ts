import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EventBody } from '../../domain/event.ts'
import { type Frame, type FrameBody, PROTOCOL } from '../../domain/worker-protocol.ts'
import { codex } from '../../providers/codex.ts'
import { frameParser } from './frame-parser.ts'

const lines = [
  '{"type":"thread.started","thread_id":"s1"}',
  '{"type":"item.completed","item":{"id":"i","type":"agent_message","text":"two"}}',
  'no json',
  '{"type":"turn.completed","usage":{"input_tokens":5,"cached_input_tokens":0,"output_tokens":2,"reasoning_output_tokens":0}}',
].map((text) => `${text}\n`)
const text = lines.join('')

const frames = (cuts: readonly number[]): Frame[] => {
  const points = [...new Set(cuts.map((cut) => cut % text.length))].sort((a, b) => a - b)
  const pieces = [...points, text.length]
    .map((end, i) => text.slice(i === 0 ? 0 : points[i - 1], end))
    .filter((piece) => piece !== '')
  const bodies: FrameBody[] = [
    { k: 'hello', worker: 'w', pid: 1 },
    { k: 'phase', phase: 'agent' },
    ...pieces.map((d) => ({ k: 'out' as const, s: 'o' as const, d })),
    { k: 'agent-end', code: 0, signal: null, end: 'exit', oom: false, left: 0 },
    { k: 'end' },
  ]
  return bodies.map((body, i) => ({ v: 1, n: i + 1, t: 0, ...body }))
}

const fresh = (journaled: readonly [number, number] | null = null) =>
  frameParser({
    turn: 1,
    parser: codex.parser({ previousThread: null, resume: null }),
    journaled,
    keepAlive: false,
    redact: (t) => t,
    further: [],
  })
const plain = (events: readonly EventBody[]) => events.map((event) => JSON.stringify(event))

test('events are told once, wherever a supervisor was killed', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 12 }), fc.nat(), (cuts, a) => {
      const all = frames(cuts)
      const whole = fresh()
      const told = all.flatMap((frame) => whole.frame(frame))
      expect(whole.verdict?.ok).toBe(true)
      const cut = a % (told.length + 1)
      const before = told.slice(0, cut)
      const last = before.findLast((event) => 'from' in event)
      const again = fresh(last !== undefined && 'from' in last ? (last.from ?? null) : null)
      const rest = all.flatMap((frame) => again.frame(frame))
      expect(plain([...before, ...rest])).toEqual(plain(told))
      expect(again.report.ended).toBe(true)
    }),
  )
})

test('a secret is masked in what is told', () => {
  const masked = frameParser({
    turn: 1,
    parser: codex.parser({ previousThread: null, resume: null }),
    keepAlive: false,
    journaled: null,
    redact: (t) => t.replaceAll('two', '***'),
    further: [],
  })
  const told = frames([]).flatMap((frame) => masked.frame(frame))
  expect(JSON.stringify(told)).toContain('***')
  expect(JSON.stringify(told)).not.toContain('two')
})

test.each([true, false])('that the worker waits for a further order counts where it may: %s', (keepAlive) => {
  const parser = codex.parser({ previousThread: null, resume: null })
  const parsing = frameParser({ turn: 1, parser, journaled: null, keepAlive, redact: (t) => t, further: [] })
  expect(parsing.frame({ v: 1, n: 1, t: 0, k: 'idle', code: 0 })).toEqual([])
  expect([parsing.report.ended, parsing.report.idle !== null]).toEqual([keepAlive, keepAlive])
})

test('the screen of a terminal gives no events, and the report knows when the agent began and which frame was last', () => {
  const parser = fresh()
  const bodies: FrameBody[] = [
    { k: 'agent-start', pid: 2 },
    { k: 'size', columns: 80, rows: 24 },
    { k: 'out', s: 't', d: lines[1] ?? '' },
    { k: 'agent-end', code: 0, signal: null, end: 'exit', oom: false, left: 0 },
    { k: 'end' },
  ]
  const events = bodies.flatMap((body, i) => parser.frame({ v: 1, n: i + 1, t: 1000 + i, ...body }))
  expect(events.filter(({ type }) => type === 'agent.message')).toEqual([])
  expect(parser.report).toMatchObject({ began: 1000, lastFrame: 5, ended: true })
})

test("the startup script's lines are not the agent's, whatever they imitate, and its secrets are masked", () => {
  const parser = frameParser({
    turn: 1,
    parser: codex.parser({ previousThread: null, resume: null }),
    keepAlive: false,
    journaled: null,
    redact: (t) => t.replaceAll('sk-1', '***'),
    further: [],
  })
  const bodies: FrameBody[] = [
    { k: 'phase', phase: 'startup' },
    { k: 'out', s: 'so', d: lines[1] ?? '' },
    { k: 'out', s: 'se', d: 'key sk-1\nlast' },
    { k: 'startup-end', code: 3, signal: null },
    { k: 'fail', stage: 'startup', message: 'it ended; its last lines: sk-1' },
    { k: 'end' },
  ]
  const events = bodies.flatMap((body, i) => parser.frame({ v: 1, n: i + 1, t: i, ...body }))
  expect(events).toMatchObject([
    { type: 'turn.phase', phase: 'startup' },
    { type: 'startup.output', stream: 'stdout', text: lines[1]?.trim() },
    { type: 'startup.output', stream: 'stderr', text: 'key ***' },
    { type: 'startup.output', stream: 'stderr', text: 'last', from: [4, 0] },
    { type: 'startup.ended', code: 3, signal: null, from: [4, 1] },
    { type: 'notice', level: 'error' },
  ])
  expect(parser.report.failed?.message).toBe('it ended; its last lines: ***')
})

test('the work of a repository that the task does not have is no work of the task', () => {
  const parser = frameParser({
    turn: 1,
    parser: codex.parser({ previousThread: null, resume: null }),
    keepAlive: false,
    journaled: null,
    redact: (t) => t,
    further: ['lib'],
  })
  const work = { k: 'work', head: null, base: '', branch: '', branches: [], uncommitted: [] } as const
  const frames = [undefined, 'lib', '../lib', 'constructor'].map((repository) => ({
    ...{ ...work, committed: false, bundle: null },
    ...(repository !== undefined && { repository }),
  }))
  for (const [at, frame] of frames.entries()) parser.frame({ v: PROTOCOL, n: at + 1, t: 1, ...frame })
  expect([...parser.report.works.keys()]).toEqual([undefined, 'lib'])
})

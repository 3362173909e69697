import { expect, test } from 'vitest'
import type { Event, EventBody } from '../domain/event.ts'
import { spansOf, timingText } from './timing.ts'

const START = Date.parse('2026-01-01T00:00:00.000Z')
const iso = (ms: number) => new Date(START + ms).toISOString()
const journal = (rows: readonly (readonly [ms: number, body: EventBody])[]): readonly Event[] =>
  rows.map(([ms, body], i) => ({ v: 1, seq: i + 1, at: iso(ms), ...body }))

const outcome = { result: 'done', class: 'ok', reason: 'done', exitCode: 0 } as const
const EVENTS = journal([
  [30, { type: 'turn.queued', turn: 1, prompt: 'p', promptBytes: 1 }],
  [30, { type: 'turn.span', turn: 1, name: 'plan', began: iso(0), ms: 30 }],
  [32, { type: 'turn.started', turn: 1, attempt: 1, container: 'c' }],
  [60, { type: 'turn.span', turn: 1, name: 'create', began: iso(40), ms: 20 }],
  [210, { type: 'turn.phase', turn: 1, phase: 'cloning' }],
  [230, { type: 'turn.phase', turn: 1, phase: 'agent' }],
  [231, { type: 'agent.started', turn: 1 }],
  [250, { type: 'agent.message', turn: 1, text: 'hello' }],
  [260, { type: 'agent.ended', turn: 1, code: 0, signal: null, end: 'exit', oom: false }],
  [320, { type: 'turn.ended', turn: 1, outcome }],
  [330, { type: 'container.removed', turn: 1 }],
])

test('each part with its length and its place', () => {
  expect(timingText('t-1', EVENTS, 1)).toMatchInlineSnapshot(`
    "t-1, turn 1: 320 ms
    PART          AT MS  TOOK MS
    plan              0       30  ===
    queue            30        2     =
    create           40       20      ==
    worktree        210       20                       ==
    agent           231       29                         ===
    first answer    231       19                         ==
    clean up        320       10                                 ="
  `)
  expect(timingText('t-1', [], 1)).toBe('t-1: turn 1 has not begun')
})

test('spans: one trace a task, the turn their parent, ids and times as OpenTelemetry has them', () => {
  const spans = spansOf('t-01k3fz8e4m7qk2c9xd', EVENTS, 1)
  const [turn, ...parts] = spans
  expect(turn).toMatchObject({ name: 'turn', parentSpanId: '', startTimeUnixNano: `${START}000000` })
  for (const span of spans) {
    expect(span.traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(span.spanId).toMatch(/^[0-9a-f]{16}$/)
    expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano))
  }
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length)
  expect(parts.every(({ parentSpanId }) => parentSpanId === turn?.spanId)).toBe(true)
})

test('of an attempt after another: its own parts alone', () => {
  const again = journal([
    [1000, { type: 'turn.again', turn: 1, attempt: 2, prompt: 'go on' }],
    [1100, { type: 'turn.started', turn: 1, attempt: 2, container: 'c' }],
    [1300, { type: 'agent.started', turn: 1 }],
    [1400, { type: 'agent.ended', turn: 1, code: 0, signal: null, end: 'exit', oom: false }],
    [1500, { type: 'turn.ended', turn: 1, outcome }],
  ])
  const names = spansOf('t-1', [...EVENTS, ...again], 1).map(({ name }) => name)
  expect(names.filter((name) => name === 'agent')).toEqual(['agent'])
  expect(names).toContain('queue')
  expect(names).not.toContain('create')
})

const withSandbox = (...bodies: readonly EventBody[]) =>
  journal(
    [
      ...EVENTS.map((event) => [Date.parse(event.at) - START, event] as const),
      ...bodies.map((body) => [31, body] as const),
    ].toSorted(([a], [b]) => a - b),
  )
const lastLine = (events: readonly Event[]) => timingText('t-1', events, 1).split('\n').at(-1)

test('the sandbox that a task began in, and why it got no pre-started one', () => {
  const taken = withSandbox({ type: 'sandbox.taken', turn: 1, waitedMs: 61_000 })
  expect(lastLine(taken)).toBe('sandbox  pre-started; it had waited for 1m1s')
  expect(spansOf('t-1', taken, 1)[0]?.attributes).toEqual({
    'berth.task': 't-1',
    'berth.turn': 1,
    'berth.sandbox': 'pre-started',
    'berth.sandbox.waited_ms': 61_000,
  })
  const fresh = withSandbox({ type: 'sandbox.fresh', turn: 1, reason: 'first-of-its-kind' })
  expect(lastLine(fresh)).toBe('sandbox  fresh: it is the first of its kind in ten minutes')
  expect(
    spansOf('t-1', fresh, 1)
      .map(({ attributes }) => attributes['berth.sandbox.reason'])
      .filter(Boolean),
  ).toEqual(['first-of-its-kind'])
})

test('a pre-started sandbox that had ended, a reason of a newer Berth, and another attempt', () => {
  const ended = [
    { type: 'sandbox.taken', turn: 1, waitedMs: 5 },
    { type: 'sandbox.fresh', turn: 1, reason: 'sandbox-ended' },
  ] as const
  expect(lastLine(withSandbox(...ended))).toBe('sandbox  fresh: its pre-started sandbox had ended')
  const newer = { type: 'sandbox.fresh', turn: 1, reason: 'new-reason' } as unknown as EventBody
  expect(lastLine(withSandbox(newer))).toBe('sandbox  fresh: new-reason')
  const again = journal([[1100, { type: 'turn.started', turn: 1, attempt: 2, container: 'c' }]])
  expect(timingText('t-1', [...withSandbox(...ended), ...again], 1)).not.toContain('sandbox')
})

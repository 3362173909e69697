import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event, EventBody } from '../domain/event.ts'
import { displayWidth } from '../std/display-width.ts'
import { liveLine, liveState, NO_TURN } from './live-line.ts'

const START = Date.UTC(2026, 0, 1)
const at = (second: number) => new Date(START + second * 1000).toISOString()
type Timed = readonly [second: number, body: EventBody]
const lineAfter = (second: number, columns: number, events: readonly Timed[]) => {
  const journal = events.map(([when, body], i): Event => ({ v: 1, seq: i + 1, at: at(when), ...body }))
  return liveLine(journal.reduce(liveState, NO_TURN), { now: START + second * 1000, columns })
}

const turn = 1
const usage = { inputTokens: 12_345, cachedTokens: 0, outputTokens: 67, reasoningTokens: 0 }
const created = { type: 'task.created', task: { request: { model: 'gpt-5.1' } } } as unknown as EventBody
const begun: readonly Timed[] = [
  [0, created],
  [0, { type: 'turn.queued', turn, prompt: 'p', promptBytes: 1 }],
  [2, { type: 'turn.started', turn, attempt: 1, container: 'c' }],
  [3, { type: 'turn.phase', turn, phase: 'agent' }],
]
const runs: readonly Timed[] = [
  ...begun,
  [10, { type: 'gateway.usage', turn, usage, gateway: 'g', line: 1 }],
  [90, { type: 'agent.tool.start', turn, id: 'a', name: 'shell', input: 'npm test -- --watch=false --reporter=dot' }],
]

describe('the line that lives', () => {
  it('says how long the turn runs, what runs now and for how long, tokens and model', () => {
    expect(lineAfter(127, 100, runs)).toBe(
      '2m5s  $ npm test -- --watch=false --reporter=dot (37s)  12.3k in, 67 out  gpt-5.1',
    )
  })

  it('thinks between the tools, and is gone when the turn is over', () => {
    const ended: readonly Timed[] = [
      ...runs,
      [130, { type: 'agent.tool.end', turn, id: 'a', name: 'shell', ok: true, output: '' }],
    ]
    expect(lineAfter(134, 100, ended)).toBe('2m12s  the agent thinks (4s)  12.3k in, 67 out  gpt-5.1')
    const outcome = { result: 'done', class: 'ok', reason: '', exitCode: 0 } as const
    expect(lineAfter(140, 100, [...ended, [139, { type: 'turn.ended', turn, outcome }]])).toBeNull()
    expect(lineAfter(140, 100, [])).toBeNull()
  })

  it('names the model that answers where none was asked for', () => {
    const answer = (second: number, model: string, outputTokens: number): Timed => [
      second,
      { type: 'gateway.usage', turn, usage: { ...usage, inputTokens: 0, outputTokens }, model, gateway: 'g', line: 1 },
    ]
    const unasked: readonly Timed[] = [
      [0, { type: 'task.created', task: { request: {} } } as unknown as EventBody],
      ...begun.slice(1),
    ]
    const answers = [answer(10, 'small', 3), answer(11, 'big\u001b[31m', 4)]
    expect(lineAfter(12, 100, unasked)).toBe('10s  the agent thinks (9s)')
    expect(lineAfter(12, 100, [...unasked, ...answers])).toBe('10s  the agent thinks (9s)  0 in, 7 out  big')
    expect(lineAfter(12, 100, [...begun, ...answers])).toBe('10s  the agent thinks (9s)  0 in, 7 out  gpt-5.1')
  })

  it('says that a turn waits, for its place and for a time', () => {
    expect(lineAfter(9, 80, begun.slice(0, 2))).toBe('9s  queued (9s)  gpt-5.1')
    const outcome = { result: 'failed', class: 'rate-limit', reason: '', exitCode: 1 } as const
    const waiting: Timed = [20, { type: 'turn.waiting', turn, until: at(60), outcome }]
    expect(lineAfter(21, 80, [...begun, waiting])).toBe('19s  waiting until 2026-01-01T00:01:00.000Z (1s)  gpt-5.1')
  })

  it.each([
    [80, '2m5s  $ npm test -- --watch=false --reporter=d… (37s)  12.3k in, 67 out  gpt-5.1'],
    [51, '2m5s  $ npm test -- --watc… (37s)  12.3k in, 67 out'],
    [30, '2m5s  $ npm test -- --w… (37s)'],
    [20, '2m5s  $ npm t… (37s)'],
    [18, '2m5s  $ npm test …'],
    [3, '2m…'],
    [1, '…'],
    [0, ''],
  ])('fits %i columns', (columns, line) => expect(lineAfter(127, columns, runs)).toBe(line))

  it('of tools that run beside each other names the last', () => {
    const two: readonly Timed[] = [
      ...runs,
      [91, { type: 'agent.tool.start', turn, id: 'b', name: 'read', input: '/work/a' }],
    ]
    expect(lineAfter(91, 80, two)).toMatch(/^1m29s {2}read \/work\/a and 1 more {2}/)
  })

  it("is as wide as the terminal allows and holds no control character, whatever an agent's commands are", () => {
    const text = fc.string({
      unit: fc.oneof(
        fc.constantFrom('\u001b[2J', '\u001b]0;x\u0007', '\r', '\n', '日本', '👩‍👩‍👧', 'e\u0301', '\u009b'),
        fc.string({ unit: 'binary', maxLength: 1 }),
      ),
    })
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 100 }), (input, columns) => {
        for (const name of ['shell', input]) {
          const line = lineAfter(95, columns, [
            ...begun,
            [90, { type: 'agent.tool.start', turn, id: 'a', name, input }],
          ])
          expect(displayWidth(line ?? '')).toBeLessThanOrEqual(columns)
          expect(line).not.toMatch(/\p{Cc}/u)
        }
      }),
    )
  })
})

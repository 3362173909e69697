import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dueOf } from '../../src/app/task/hook-due.ts'
import type { ContainerReport } from '../../src/domain/container-report.ts'
import { BerthError } from '../../src/domain/errors.ts'
import type { Event, EventBody } from '../../src/domain/event.ts'
import { eventOf } from '../../src/domain/event-line.ts'
import { EVENT_TYPES } from '../../src/domain/event-shape.ts'
import { exitName } from '../../src/domain/outcome.ts'
import { reduce } from '../../src/domain/reduce.ts'
import type { TaskRecord } from '../../src/domain/task.ts'
import { usedTask } from '../../src/domain/used-task.ts'
import { closing } from '../../src/views/closing.ts'
import { containerLine } from '../../src/views/container-lines.ts'
import { liveLine, liveState, NO_TURN } from '../../src/views/live-line.ts'
import { statusText } from '../../src/views/status-text.ts'
import { plain } from '../../src/views/style.ts'
import { taskTable } from '../../src/views/task-table.ts'
import { spansOf, timedEvents, timingText } from '../../src/views/timing.ts'
import { transcript } from '../../src/views/transcript.ts'
import { usageReport } from '../../src/views/usage-report.ts'
import { usageTable } from '../../src/views/usage-table.ts'
import { samples } from '../fixtures/event-samples.ts'
import { firstEvents } from '../fixtures/random-events.ts'

const now = Date.UTC(2026, 0, 2)
const line = (body: object, seq: number) =>
  JSON.stringify({ v: 1, seq, at: '2026-01-01T00:00:00.000Z', ...body }).replace('"proto":', '"__proto__":')

const report = (events: readonly Event[]): ContainerReport => ({
  task: 't-1',
  name: 'c',
  now: null,
  stats: null,
  unreachable: null,
  ended:
    (events.findLast((event) => event.type === 'container.exited') as ContainerReport['ended'] | undefined) ?? null,
  events: [],
})

/** Everything that reads events for a person: what is printed must be text, and nothing may throw. */
const showAll = (lines: readonly string[]): void => {
  const events = lines.map((text) => eventOf('/j', text))
  const record = events.reduce<TaskRecord | undefined>(reduce, undefined) as TaskRecord
  const read = transcript({ style: plain })
  const end = closing(record, '/')
  let state = NO_TURN
  const shown = events.flatMap((event) => [...read(event), containerLine(event) ?? ''])
  for (const event of events) {
    end.take(event)
    state = liveState(state, event)
    shown.push(liveLine(state, { now, columns: 80 }) ?? '')
  }
  if (record.outcome !== null) shown.push(...end.lines(record.outcome), exitName(record.outcome))
  const due: Extract<Event, { type: 'hook.due' }> = {
    v: 1,
    seq: 9,
    at: '',
    type: 'hook.due',
    state: 'done',
    before: null,
  }
  shown.push(
    statusText(record, { style: plain, now, report: report(events) }),
    ...taskTable([record], { style: plain, now, width: 80 }),
    timingText(record.id, events.filter(timedEvents()), 1),
    JSON.stringify(spansOf(record.id, events, 1)),
    dueOf(record, due, (text) => text).json,
  )
  const used = usedTask(record)
  const by = ['provider', 'model', 'day', 'task', 'turn', 'label:team']
  const rows = usageReport(used === undefined ? [] : [used], { by, prices: new Map() })
  shown.push(...usageTable(rows, { by, style: plain, width: 80 }))
  expect(shown.every((text) => typeof text === 'string')).toBe(true)
  expect(shown.join('\n')).not.toContain('[object Object]')
}

/** A task that has come as far as its agent, then the event, then its end. */
const journalWith = (body: object): readonly string[] =>
  [
    ...firstEvents,
    samples['turn.started'],
    samples['container.created'],
    samples['agent.started'],
    body,
    samples['turn.ended'],
  ].map((one, i) => line(one, i + 1))

const words = fc.constantFrom<unknown>('__proto__', 'constructor', 'toString', '', 5, -1, 1e308, null, {}, [], true)
const anything = fc.oneof(words, fc.jsonValue())
const typeArb = fc.constantFrom(...(EVENT_TYPES as readonly EventBody['type'][]))

/** A sample with some of its fields, also those of fields, replaced by anything or taken away. */
const spoiled = (value: unknown): fc.Arbitrary<unknown> => {
  if (Array.isArray(value)) return fc.oneof(anything, fc.tuple(...value.map(spoiled)))
  if (typeof value !== 'object' || value === null) return anything
  const entries = Object.entries(value)
  if (entries.length === 0) return fc.constant(value)
  return fc.constantFrom(...entries).chain(([name, old]) =>
    fc.oneof(
      spoiled(old).map((made) => ({ ...value, [name]: made })),
      fc.constant(Object.fromEntries(entries.filter(([other]) => other !== name))),
    ),
  )
}

test('every type of event has a sample, and every sample is shown as what it is', () => {
  expect(Object.keys(samples).toSorted()).toEqual(EVENT_TYPES.toSorted())
  for (const body of Object.values(samples)) {
    expect(eventOf('/j', line(body, 6))).toMatchObject(body)
    if (body.type !== 'task.created') showAll(journalWith(body))
  }
})

describe('no event of a journal makes a view throw', () => {
  test('a sample that is spoiled somewhere', () => {
    fc.assert(
      fc.property(
        typeArb.chain((type) => spoiled(samples[type]).map((body) => ({ ...(body as object), type }))),
        (body) => showAll(journalWith(body)),
      ),
      { numRuns: 4000 },
    )
  })

  test('any JSON under the name of each type', () => {
    fc.assert(
      fc.property(typeArb, fc.dictionary(fc.string(), anything), anything, (type, body, proto) =>
        showAll(journalWith({ turn: 1, ...body, proto, v: 1, seq: 6, type })),
      ),
      { numRuns: 1000 },
    )
  })

  test('a first line that is spoiled is shown, or named as damaged', () => {
    fc.assert(
      fc.property(spoiled(samples['task.created']), (body) => {
        try {
          showAll([
            line({ ...(body as object), type: 'task.created' }, 1),
            ...journalWith({ type: 'agent.started', turn: 1 }).slice(1),
          ])
        } catch (error) {
          if (!(error instanceof BerthError) || error.code !== 'corrupt-record') throw error
        }
      }),
      { numRuns: 1000 },
    )
  })

  test.each<[string, object]>([
    ['a number where the problem was told', { type: 'notice', level: 'warning', text: 5 }],
    ['a prototype as the phase', { type: 'turn.phase', turn: 1, phase: {} }],
    ['an object as a count of bytes', { type: 'output.dropped', turn: 1, bytes: {} }],
    ['text as a truth', { type: 'agent.ended', turn: 1, code: 0, signal: null, end: 'exit', oom: 'maybe' }],
  ])('what 0.1.0 has written of forged frames: %s', (_, body) => {
    const event = eventOf('/j', line(body, 6))
    expect(event.type).toBe('untrusted')
    showAll(journalWith(body))
  })
})

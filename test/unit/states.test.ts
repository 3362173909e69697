import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allow } from '../../src/domain/allow.ts'
import type { Event, EventBody } from '../../src/domain/event.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import { reduce } from '../../src/domain/reduce.ts'
import { nextState, VERBS, type Verb } from '../../src/domain/states.ts'
import { FINAL, type State, type TaskRecord, type TaskRecordSeed } from '../../src/domain/task.ts'
import { eventsArb, firstEvents, numbered } from '../fixtures/random-events.ts'

const at = (record: TaskRecord | undefined, body: EventBody): TaskRecord =>
  reduce(record, { v: 1, seq: (record?.seq ?? 0) + 1, at: '2026-01-01T00:00:00.000Z', ...body })

/** What the journal would take of a sequence: illegal ones are refused. */
const taken = (bodies: readonly EventBody[]): readonly EventBody[] => {
  let record: TaskRecord | undefined
  return bodies.filter((body) => {
    if (nextState(record, body) === undefined) return false
    record = at(record, body)
    return true
  })
}

const fold = (events: readonly Event[], from?: TaskRecord): TaskRecord =>
  events.reduce<TaskRecord | undefined>(reduce, from) as TaskRecord

const tokens = (events: readonly EventBody[]) =>
  events.reduce((sum, event) => sum + (event.type === 'agent.usage' ? event.usage.inputTokens : 0), 0)

const check = (record: TaskRecord) => {
  const inState = (state: State) => record.turns.filter((turn) => turn.state === state).length
  expect(record.turns.map(({ turn }) => turn)).toEqual(record.turns.map((_, i) => i + 1))
  for (const turn of record.turns) expect(turn.outcome !== null).toBe(FINAL.has(turn.state))
  const active = record.state === 'running' || record.state === 'blocked'
  expect(inState('running')).toBe(active ? 1 : 0)
  expect(inState('waiting')).toBe(record.state === 'waiting' ? 1 : 0)
  expect(record.waiting !== null).toBe(record.state === 'waiting')
  expect(record.activeSince !== null).toBe(active)
  if (FINAL.has(record.state)) {
    expect(record.outcome?.result).toBe(record.state)
    expect([record.endedAt === null, record.phase, inState('queued'), record.stopping]).toEqual([false, null, 0, false])
  } else {
    expect([record.outcome, record.endedAt, record.exitCode]).toEqual([null, null, null])
  }
  if (record.state === 'queued') expect(record.turns.length === 0 || inState('queued') > 0).toBe(true)
}

describe('any order of events, with duplicates and losses', () => {
  test('the table and reduce keep a task whole after every one', () => {
    fc.assert(
      fc.property(eventsArb, (bodies) => {
        let record: TaskRecord | undefined
        for (const [i, body] of [...firstEvents, ...bodies].entries()) {
          const legal = nextState(record, body)
          const before = record
          record = at(record, body)
          expect(record.seq).toBe(i + 1)
          expect(record.state).toBe(legal ?? before?.state)
          if (legal === undefined) expect(record).toEqual({ ...before, seq: record.seq })
          check(record)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('the sum of the tokens is that of the events, by task and by turn', () => {
    fc.assert(
      fc.property(eventsArb, (bodies) => {
        const kept = taken([...firstEvents, ...bodies])
        const record = fold(numbered(kept))
        expect(record.usage.inputTokens).toBe(tokens(kept))
        for (const { turn, usage } of record.turns)
          expect(usage?.inputTokens ?? 0).toBeLessThanOrEqual(
            tokens(kept.filter((e) => 'turn' in e && e.turn === turn)),
          )
      }),
    )
  })

  test('a record that was stored in the middle, and what came after it, make the same record', () => {
    fc.assert(
      fc.property(eventsArb, fc.nat(), (bodies, cut) => {
        const events = numbered([...firstEvents, ...bodies])
        const middle = 1 + (cut % events.length)
        const stored = JSON.parse(JSON.stringify(fold(events.slice(0, middle)))) as TaskRecord
        expect(fold(events.slice(middle), stored)).toEqual(fold(events))
      }),
    )
  })
})

describe('the table', () => {
  const seed = firstEvents[0] as { readonly task: TaskRecordSeed }
  const outcome = (result: Outcome['result']): Outcome => ({ result, class: 'ok', reason: '', exitCode: 0 })

  test('what is over does not end again, and two turns do not run', () => {
    const over = fold(
      numbered([
        ...firstEvents,
        { type: 'turn.started', turn: 1, attempt: 1, container: 'c' },
        { type: 'turn.ended', turn: 1, outcome: outcome('done') },
      ]),
    )
    expect(nextState(over, { type: 'turn.ended', turn: 1, outcome: outcome('failed') })).toBeUndefined()
    expect(nextState(over, { type: 'turn.started', turn: 1, attempt: 2, container: 'c' })).toBeUndefined()
    expect(nextState(over, { type: 'turn.again', turn: 1, attempt: 2, prompt: '' })).toBeUndefined()
    expect(nextState(over, { type: 'task.created', task: seed.task })).toBeUndefined()
  })

  test('a second turn is not clean because the first one was cleaned up', () => {
    const record = fold(
      numbered([
        ...firstEvents,
        { type: 'turn.started', turn: 1, attempt: 1, container: 'c' },
        { type: 'turn.queued', turn: 2, prompt: 'more', promptBytes: 4 },
        { type: 'turn.ended', turn: 1, outcome: outcome('done') },
        { type: 'container.removed', turn: 1 },
        { type: 'turn.started', turn: 2, attempt: 1, container: 'd' },
        { type: 'turn.ended', turn: 2, outcome: outcome('done') },
      ]),
    )
    expect(record).toMatchObject({ state: 'done', clean: false })
  })

  test('a turn waits for a time, keeps its place and its tries, and is queued again', () => {
    const failed = { result: 'failed', class: 'network', reason: 'no way', exitCode: 1 } as const
    const waiting = fold(
      numbered([
        ...firstEvents,
        { type: 'turn.started', turn: 1, attempt: 1, container: 'c' },
        { type: 'turn.queued', turn: 2, prompt: 'more', promptBytes: 4 },
        { type: 'turn.waiting', turn: 1, until: '2026-02-01T00:00:00.000Z', outcome: failed },
      ]),
    )
    expect(waiting).toMatchObject({ state: 'waiting', activeMs: 2, outcome: null })
    const again = at(waiting, { type: 'turn.again', turn: 1, attempt: 2, prompt: 'go on' })
    expect(again).toMatchObject({ state: 'queued', waiting: null })
    expect(again.turns[0]).toMatchObject({ attempt: 1, tries: 1, queuedAt: waiting.turns[0]?.queuedAt })
    expect(nextState(waiting, { type: 'turn.started', turn: 2, attempt: 1, container: 'c' })).toBeUndefined()
    expect(nextState(waiting, { type: 'turn.ended', turn: 2, outcome: outcome('stopped') })).toBe('waiting')
  })

  test('a verb that is not allowed names the state and those that are', () => {
    for (const [state, verbs] of Object.entries(VERBS) as [State, readonly Verb[]][])
      for (const verb of ['send', 'resume', 'push', 'rm'] as const) {
        const ask = () => allow({ id: 't-1', state, reason: null }, verb)
        if (verbs.includes(verb)) expect(ask()).toBeUndefined()
        else expect(ask).toThrow(`t-1 is ${state}: ${verb} is not possible now; possible: ${verbs.join(', ')}`)
      }
  })
})

test('a task whose container was started ahead has something to remove before its turn begins', () => {
  const planned = (plan: object): EventBody => ({ type: 'turn.planned', turn: 1, plan })
  const [ahead, fresh] = [planned({ pooled: { until: 1 } }), planned({})].map((body) =>
    fold(numbered([...firstEvents, body])),
  )
  expect([ahead?.clean, fresh?.clean]).toEqual([false, true])
})

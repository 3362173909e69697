import { describe, expect, test } from 'vitest'
import type { EventBody } from '../../domain/event.ts'
import type { Outcome } from '../../domain/outcome.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { asksAgain, keepResult } from './keep-result.ts'

const done: Outcome = { result: 'done', class: 'ok', reason: 'done', exitCode: 0 }
const started = { type: 'turn.started', turn: 2, attempt: 1, container: 'c' } as const
const said = (text: string) => ({ type: 'agent.message', turn: 2, text }) as const

/** The outcome of turn 2, and what was written of it. */
const kept = async (events: readonly EventBody[], outcome = done, known: readonly string[] = []) => {
  const written: EventBody[] = []
  const live = {
    journal: { select: (...types: string[]) => events.filter(({ type }) => types.includes(type)) },
    commit: async (...more: EventBody[]) => void written.push(...more),
  }
  const plan = { turn: 2, attempt: 1, result: { schema: { type: 'array' }, tries: 1 } }
  const history = { journaledTypes: new Set(known) }
  const end = await keepResult({ live, plan, history } as unknown as Parameters<typeof keepResult>[0], outcome)
  return { end, written }
}

describe('the result of a turn', () => {
  test('is the JSON of its last message', async () => {
    expect(await kept([started, said('first'), said('```json\n[ 1 ]\n```')])).toEqual({
      end: done,
      written: [{ type: 'result.kept', turn: 2, attempt: 1, json: '[1]' }],
    })
  })

  test('that does not fit fails the attempt, and the answer is kept', async () => {
    const { end, written } = await kept([started, said('{}')])
    expect(end).toMatchObject({ result: 'failed', class: 'agent', reason: expect.stringContaining('/ must be array') })
    expect(written).toEqual([
      { type: 'result.unfit', turn: 2, attempt: 1, problems: ['/ must be array'], answer: '{}' },
    ])
  })

  test('is no message of an earlier attempt', async () => {
    expect((await kept([started, said('[]'), started])).end.reason).toMatch(/there is no message/)
  })

  test('is checked once, also over a killed supervisor', async () => {
    expect(await kept([started, said('no'), said('[]')], done, ['result.kept'])).toEqual({ end: done, written: [] })
    const unfit = { type: 'result.unfit', turn: 2, attempt: 1, problems: ['/ is wrong'], answer: '' } as const
    const { end, written } = await kept([started, said('[]'), unfit], done, ['result.unfit'])
    expect([end.reason, written]).toEqual([expect.stringContaining('/ is wrong'), []])
  })

  test('is nothing that a failed turn has', async () => {
    const failed: Outcome = { ...done, result: 'failed', class: 'network' }
    expect(await kept([started, said('[]')], failed)).toEqual({ end: failed, written: [] })
  })
})

describe('asked again', () => {
  const plan = { turn: 1, attempt: 2, result: { schema: {}, tries: 2 } }
  const unfit: Outcome = { result: 'failed', class: 'agent', reason: 'no', exitCode: 0 }
  const record = (result: object | undefined) => ({ turns: [{ turn: 1, result }] }) as unknown as TaskRecord

  test.each([
    ['its answer does not fit and there are tries left', { fits: false, attempt: 2, checked: 2 }, unfit, true],
    ['there are none left', { fits: false, attempt: 2, checked: 3 }, unfit, false],
    ['the answer was that of an earlier attempt', { fits: false, attempt: 1, checked: 1 }, unfit, false],
    ['it fits, and the turn failed otherwise', { fits: true, attempt: 2, checked: 1 }, unfit, false],
    ['somebody stopped it', { fits: false, attempt: 2, checked: 1 }, { ...unfit, result: 'stopped' as const }, false],
    ['nothing was checked', undefined, unfit, false],
  ])('%s', (_, result, outcome, again) => {
    expect(asksAgain(record(result), plan, outcome)).toBe(again)
  })

  test('not without a schema', () => {
    const fits = record({ fits: false, attempt: 2, checked: 1 })
    expect(asksAgain(fits, { turn: 1, attempt: 2 }, unfit)).toBe(false)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonLines, jsonParts } from '../../scripts/live/json-parts.ts'
import { type Report, reportFiles } from '../../scripts/live/report.ts'
import { secretBook } from '../../scripts/live/secrets.ts'
import { differences, shapeOf } from '../../scripts/live/shape.ts'

describe('what make live says of answers', () => {
  const known = [
    { type: 'turn.completed', usage: { input: 1, output: 2 } },
    { type: 'turn.completed', usage: { input: 1, output: 2, cached: 3 } },
    { type: 'item', item: { type: 'message', text: 'a' } },
  ]

  test('the same objects differ in nothing, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(known, { minLength: 1 }), (some) => {
        expect(differences(shapeOf(known), shapeOf(some))).toEqual([])
      }),
    )
  })

  test.each([
    ['a kind that nobody recorded', { type: 'turn.failed' }, 'turn.failed: not recorded yet'],
    ['a new field', { ...known[0], more: { a: 1, b: 2 } }, 'turn.completed: .more is new'],
    [
      'a field that is gone',
      { type: 'turn.completed', usage: { input: 1 } },
      'turn.completed: .usage.output is missing',
    ],
    ['a field of another type', { type: 'turn.completed', usage: { input: '1', output: 2 } }, '.usage.input is string'],
    ['a kind within', { type: 'item', item: { type: 'tool', text: 'a' } }, '.item<tool>.type is new'],
  ])('%s is told', (_, object, words) => {
    expect(differences(shapeOf(known), shapeOf([object])).join('\n')).toContain(words)
  })

  test('a field that is missing in some recordings may be missing, and names that are values are not told', () => {
    const models = shapeOf([{ type: 'end', byModel: { 'some-model-1': { tokens: 1 } } }])
    expect(differences(models, shapeOf([{ type: 'end', byModel: { 'another-model-2': { tokens: 7 } } }]))).toEqual([])
    expect(differences(shapeOf(known), shapeOf([known[0]]))).toEqual([])
  })

  test('answers are read as streams and as bodies', () => {
    expect(jsonParts('text/event-stream', 'event: a\ndata: {"a":1}\n\ndata: [DONE]\ndata: {"b":2}\n')).toEqual([
      { a: 1 },
      { b: 2 },
    ])
    expect(jsonParts('application/json', '[{"a":1}]')).toEqual([{ a: 1 }])
    expect(jsonLines('{"a":1}\nno JSON\n{"b":2}')).toEqual([{ a: 1 }, { b: 2 }])
  })
})

const SECRET = 'sk-planted-secret-0123456789'

test('no secret that came by is in a report, wherever it stands and in whatever form', () => {
  const secrets = secretBook()
  secrets.add(SECRET, 'ada@example.org')
  const forms = [SECRET, encodeURIComponent(SECRET), Buffer.from(`xy${SECRET}`).toString('base64')]
  const report: Report = {
    at: '2026-01-02T03:04:05.000Z',
    versions: 'berth 0.1.0',
    tried: [
      {
        credential: 'codex with the login ada@example.org',
        findings: [
          {
            step: 'turn',
            result: 'failed',
            words: `refused: ${forms.join(' ')} Bearer abcdef0123456789abcdef0123`,
            differences: forms.map((form) => `event: .${form} is new`),
            limits: { [`x-${SECRET}`]: SECRET, 'x-ratelimit-remaining': '4999' },
          },
        ],
      },
    ],
    missing: [],
  }
  const { markdown, json } = reportFiles(report, secrets)
  for (const text of [markdown, json]) {
    for (const form of [...forms, 'ada@example.org', 'abcdef0123456789']) expect(text).not.toContain(form)
    expect(text).toContain('4999')
    expect(text).toContain('***')
  }
  expect(JSON.parse(json)).toMatchObject({ tried: [{ findings: [{ step: 'turn', result: 'failed' }] }] })
})

import { expect, test } from 'vitest'
import type { Problem } from '../api/answers.ts'
import { BODY_LIMIT } from '../api/contract.ts'
import type { UseCases } from '../app/use-cases.ts'
import { makeApp } from './app.ts'

const app = (more: object = {}) => {
  const logged: object[] = []
  const use = { task: () => ({}), events: async function* () {}, ...more } as unknown as UseCases
  const log = (line: object) => void logged.push(line)
  const made = makeApp({
    use,
    log,
    status: () => ({
      build: '',
      pid: 1,
      startedAt: '',
      state: '',
      running: 0,
      pool: { waiting: 0, wanted: 0, spares: 0 },
    }),
    shutdown: () => {},
    touch: () => () => {},
    wantsCallerContext: () => false,
  })
  const ask = async (path: string, init?: RequestInit) => {
    const answer = await made.request(path, init)
    const text = await answer.text()
    return { status: answer.status, problem: JSON.parse(text || 'null') as Problem }
  }
  return { ask, logged }
}

test('a body that is no JSON is the caller’s mistake', async () => {
  const { ask, logged } = app()
  const { status, problem } = await ask('/v1/tasks', { method: 'POST', body: '{"prompt"' })
  expect([status, problem.code, logged]).toEqual([400, 'bad-request', []])
  expect(problem.detail).toMatch(/^the body is not JSON: /)
})

test.each(['x', '-1', '1.5', ''])('events after %j: not the number of an event', async (after) => {
  const { status, problem } = await app().ask(`/v1/tasks/t-one/events?after=${after}`)
  expect([status, problem.detail]).toEqual([400, `after=${after}: not the number of an event`])
})

test.each([
  ['tail=x', 'tail=x: not a count'],
  ['since=yesterday', 'since=yesterday: not a time'],
  ['turn=-1', 'turn=-1: not the number of a turn'],
])('events by %s: one clear error', async (query, detail) => {
  const { status, problem } = await app().ask(`/v1/tasks/t-one/events?${query}`)
  expect([status, problem.code, problem.detail]).toEqual([400, 'bad-request', detail])
})

test.each([
  ['GET', '/v1/tasks?state=done,over', '--state over: not a state; there are queued, '],
  ['GET', '/v1/usage?by=day,colour', '--by colour: there are provider, '],
  ['GET', '/v1/usage?since=soon', 'since=soon: not a time'],
  ['GET', '/v1/tasks/t-one/diff?turn=0', '--turn 0: not the number of a turn'],
  ['DELETE', '/v1/tasks/t-one/queue/last', 'turn last: not the number of a turn'],
  ['POST', '/v1/tasks/t-one/exec', 'exec: the request has to upgrade its connection to berth-exec'],
  ['POST', '/v1/tasks/t-one/stop', 'now: Invalid input: expected boolean, received string', { now: 'x' }],
] as const)('%s %s: one clear error', async (method, path, detail, body?: object) => {
  const { status, problem } = await app().ask(path, { method, ...(body && { body: JSON.stringify(body) }) })
  expect([status, problem.code, problem.detail.slice(0, detail.length)]).toEqual([400, 'bad-request', detail])
})

test('a query comes to the use case as its schema reads it', async () => {
  const asked: unknown[] = []
  const note = (...all: readonly unknown[]) => {
    asked.push(all.filter((one) => !(one instanceof AbortSignal)))
    return []
  }
  const { ask } = app({ list: note, usage: note, diff: note, work: note })
  await ask('/v1/tasks?all=true&state=done,,failed&label=a=b&label=c&agent=codex&limit=2')
  await ask('/v1/tasks?limit=some')
  await ask('/v1/usage?by=day,label:team&since=2026-01-01')
  await ask('/v1/tasks/t-one/diff?stat=true&binary=false&turn=2&path=a&path=b')
  await ask('/v1/tasks/t%2Done/work')
  expect(asked).toEqual([
    [{ all: true, states: ['done', 'failed'], labels: { a: 'b', c: '' }, provider: 'codex', limit: 2 }],
    [{ all: false, labels: {} }],
    [['day', 'label:team'], '2026-01-01T00:00:00.000Z'],
    ['t-one', { stat: true, names: false, binary: false, turn: 2, paths: ['a', 'b'] }],
    ['t-one', {}],
  ])
})

const PIECE = new Uint8Array(1024 * 1024).fill(0x20)
const endless = () => {
  let sent = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += PIECE.length
      controller.enqueue(PIECE)
    },
  })
  return { body, sent: () => sent }
}

test('a body over the limit is refused before it is read, or as soon as it is over', async () => {
  const { ask, logged } = app()
  const length = { 'content-length': String(BODY_LIMIT + 1) }
  const told = await ask('/v1/tasks', { method: 'POST', body: 'x', headers: length })
  expect([told.status, told.problem.code]).toEqual([413, 'too-large'])
  const { body, sent } = endless()
  const untold = await ask('/v1/tasks', { method: 'POST', body, duplex: 'half' } as RequestInit)
  expect([untold.status, untold.problem.detail]).toEqual([413, 'the request is over 64 MiB, more than the API accepts'])
  expect(sent()).toBeLessThan(BODY_LIMIT + 4 * PIECE.length)
  expect(logged).toEqual([])
})

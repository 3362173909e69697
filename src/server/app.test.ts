import { expect, test } from 'vitest'
import { BODY_LIMIT, type Problem } from '../api/contract.ts'
import type { UseCases } from '../app/use-cases.ts'
import { makeApp } from './app.ts'

const app = () => {
  const logged: object[] = []
  const use = { task: () => ({}), events: async function* () {} } as unknown as UseCases
  const log = (line: object) => void logged.push(line)
  const made = makeApp({
    use,
    log,
    status: () => ({}),
    shutdown: () => {},
    touch: () => () => {},
    wantsWorld: () => false,
  })
  const ask = async (path: string, init?: RequestInit) => {
    const answer = await made.request(path, init)
    return { status: answer.status, problem: (await answer.json()) as Problem }
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

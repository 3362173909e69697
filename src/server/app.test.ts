import { expect, test } from 'vitest'
import type { Problem } from '../api/contract.ts'
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
  expect(problem.detail).toMatch(/^the body is no JSON: /)
})

test.each(['x', '-1', '1.5', ''])('events after %j: not the number of an event', async (after) => {
  const { status, problem } = await app().ask(`/v1/tasks/t-one/events?after=${after}`)
  expect([status, problem.detail]).toEqual([400, `after=${after}: not the number of an event`])
})

import { mkdirSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { checkAnswer } from '../../test/fixtures/check-answer.ts'
import { samples } from '../../test/fixtures/event-samples.ts'
import { eventsArb, numbered } from '../../test/fixtures/random-events.ts'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { taskRecord } from '../api/task-answer.ts'
import { superviseTasks } from '../app/schedule/tasks.ts'
import { useCases } from '../app/use-cases.ts'
import { wire } from '../app/wire.ts'
import type { EventBody } from '../domain/event.ts'
import { reduce } from '../domain/reduce.ts'
import { taskRequest } from '../domain/request.ts'
import type { TaskRecord } from '../domain/task.ts'
import { makeApp } from './app.ts'

const ID = 't-0123456789abcdefgh'
const { prompt: _, ...request } = taskRequest.parse({ prompt: '', agent: 'noop', title: 'a title' })
const created: EventBody = { ...samples['task.created'], task: { ...samples['task.created'].task, id: ID, request } }

/** The app over real use cases, with a task of these events. */
const appWith = async (bodies: readonly EventBody[]) => {
  const folder = temporaryFolder()
  const [state, runtime, configFile] = [folder.at('state'), folder.at('run'), folder.at('config.toml')]
  mkdirSync(`${state}/tasks/${ID}`, { recursive: true })
  mkdirSync(runtime)
  const lines = numbered([created, ...bodies]).map((event) => `${JSON.stringify(event)}\n`)
  writeFileSync(`${state}/tasks/${ID}/events.jsonl`, lines.join(''))
  const deps = wire({ state, runtime, configFile, log: () => {}, dist: runtime, env: {} })
  const tasks = superviseTasks(deps)
  onTestFinished(async () => {
    await deps.store[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })
  const status = { build: 'b', pid: 1, startedAt: '', state, running: 0, pool: tasks.pool.counts() }
  const more = { log: () => {}, touch: () => () => {}, wantsCallerContext: tasks.wantsCallerContext }
  const app = makeApp({ use: useCases(deps, tasks), status: () => status, shutdown: () => {}, ...more })
  return async (method: string, path: string, body?: object) => {
    const answer = await app.request(path, { method, ...(body && { body: JSON.stringify(body) }) })
    const value: unknown = await answer.json()
    checkAnswer(method, path, answer.status, value)
    return [answer.status, value] as const
  }
}

const caller = { cwd: '/', uid: 1, gid: 1, env: {} }
const outcome = { result: 'done', class: 'ok', reason: 'because', exitCode: 0 } as const
/** A turn that is over and one that waits, with everything that a record holds. */
const whole: readonly EventBody[] = [
  ...Object.values(samples).filter(({ type }) => !/^(task\.|turn\.(ended|withdrawn))/.test(type)),
  { type: 'turn.ended', turn: 1, outcome },
  { type: 'turn.queued', turn: 2, prompt: 'more', promptBytes: 4 },
]

test('each answer of a running app is as its row says', async () => {
  const ask = await appWith(whole)
  const asked: readonly (readonly [string, string, object?])[] = [
    ['POST', '/v1/rebuild'],
    ['GET', '/v1/status'],
    ['GET', '/v1/tasks?all=true'],
    ['GET', `/v1/tasks/${ID}`],
    ['GET', `/v1/tasks/${ID}/queue`],
    ['GET', `/v1/tasks/${ID}/recordings`],
    ['GET', `/v1/tasks/${ID}/result?turn=1`],
    ['GET', '/v1/usage?by=provider,model,day,task,turn,label:team'],
    ['POST', '/v1/world', { caller }],
    ['POST', '/v1/providers', { caller }],
    ['POST', '/v1/auth/status', { caller }],
    ['POST', '/v1/prune', { dryRun: true, maxBytes: 1 }],
    ['POST', '/v1/shutdown'],
  ]
  for (const [method, path, body] of asked) expect([path, (await ask(method, path, body))[0]]).toEqual([path, 200])
  const [, { made }] = (await ask('POST', '/v1/rebuild')) as [number, { made: number }]
  expect(made).toBe(1)
})

test('each error of a running app is a problem', async () => {
  const ask = await appWith(whole)
  await ask('POST', '/v1/rebuild')
  expect((await ask('GET', '/v1/tasks/none'))[0]).toBe(404)
  expect((await ask('GET', `/v1/tasks/${ID}/result`))[0]).toBe(404)
  expect((await ask('POST', '/v1/tasks', { caller, prompt: '' }))[0]).toBe(400)
  expect((await ask('PUT', `/v1/tasks/${ID}/queue/1`, { prompt: 'x' }))[0]).toBe(409)
})

test('the record of any journal is as its schema says', () => {
  fc.assert(
    fc.property(eventsArb, (bodies) => {
      const made = numbered([created, ...bodies.filter(({ type }) => type !== 'task.created')])
      const record = JSON.parse(JSON.stringify(made.reduce<TaskRecord | undefined>(reduce, undefined)))
      expect(taskRecord.parse(record)).toEqual(record)
    }),
  )
})

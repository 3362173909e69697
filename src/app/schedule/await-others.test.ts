import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { endOf, journaledTasks } from '../../../test/fixtures/journaled-tasks.ts'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { Plan } from '../../plan/plan.ts'
import { awaitOthers } from './await-others.ts'
import type { Entry } from './registry.ts'

const PLAN_TASK = `t-${'1'.repeat(18)}`
const ID = `t-${'2'.repeat(18)}`
const AFTER = { after: [{ name: 'plan', task: PLAN_TASK }] }

let folder: ReturnType<typeof temporaryFolder>
let tasks: ReturnType<typeof journaledTasks>
beforeEach(() => {
  folder = temporaryFolder()
  tasks = journaledTasks(folder.path)
})
afterEach(() => folder[Symbol.dispose]())

const wait = (entry: Entry, turn = 1) => awaitOthers(tasks.scheduler, entry, { turn, attempt: 1 } as Plan)
const types = ({ live }: Entry) => [...live.journal.read()].map(({ type }) => type)
const held = (entry: Entry) => vi.waitFor(() => expect(entry.live.record.reason).toBe('waits for plan'))

test('a task is queued, and says what it waits for, until that is done', async () => {
  const plan = await tasks.begin({ id: PLAN_TASK })
  const entry = await tasks.begin({ id: ID, request: AFTER })
  const waiting = wait(entry)
  await held(entry)
  expect(entry.live.record).toMatchObject({ state: 'queued', after: AFTER.after })
  await plan.live.commit(endOf('done', 'good'))
  await waiting
  expect(entry.live.record).toMatchObject({ state: 'queued', reason: null })
  expect(types(entry)).toEqual(['task.created', 'turn.queued', 'turn.held', 'turn.released'])
})

test('a task that waits for nothing tells nothing', async () => {
  const entry = await tasks.begin({ id: ID })
  await wait(entry)
  expect(types(entry)).toEqual(['task.created', 'turn.queued'])
})

test('the failure of another one is its own, and names it', async () => {
  const plan = await tasks.begin({ id: PLAN_TASK })
  const entry = await tasks.begin({ id: ID, request: AFTER })
  const waiting = wait(entry)
  await held(entry)
  await plan.live.commit(endOf('failed', 'no key'))
  await waiting
  const reason = `it begins after plan (${PLAN_TASK}), which failed: no key`
  expect(entry.live.record).toMatchObject({ state: 'failed', outcome: { class: 'setup', reason } })
})

test('one that is removed meanwhile is lost', async () => {
  const plan = await tasks.begin({ id: PLAN_TASK })
  const entry = await tasks.begin({ id: ID, request: AFTER })
  const waiting = wait(entry)
  await held(entry)
  await tasks.registry.end(plan)
  tasks.remove(PLAN_TASK)
  await waiting
  expect(entry.live.record).toMatchObject({ state: 'failed', outcome: { class: 'setup' } })
  expect(entry.live.record.reason).toContain('which was removed')
})

test('with afterFailed run it begins when the other one is over, however that ended', async () => {
  const plan = await tasks.begin({ id: PLAN_TASK })
  const entry = await tasks.begin({ id: ID, request: { ...AFTER, afterFailed: 'run' } })
  const waiting = wait(entry)
  await held(entry)
  await plan.live.commit(endOf('died', 'gone'))
  await waiting
  expect(entry.live.record).toMatchObject({ state: 'queued', reason: null })
})

test('a stop ends the wait', async () => {
  await tasks.begin({ id: PLAN_TASK })
  const entry = await tasks.begin({ id: ID, request: AFTER })
  const waiting = wait(entry)
  await held(entry)
  await entry.live.commit(endOf('stopped', 'enough'))
  entry.wake.abort()
  await waiting
  expect(entry.live.record).toMatchObject({ state: 'stopped', reason: 'enough' })
})

test('the next supervisor goes on waiting, and says so no second time', async () => {
  const plan = await tasks.begin({ id: PLAN_TASK })
  const before = await tasks.begin({ id: ID, request: AFTER })
  const left = wait(before)
  await held(before)
  tasks.shutdown.abort(new Error('over'))
  await expect(left).rejects.toThrow('over')
  tasks = journaledTasks(folder.path)
  await plan.live.close()
  await before.live.close()
  const next = await tasks.open(PLAN_TASK)
  const entry = await tasks.open(ID)
  const waiting = wait(entry)
  await next.live.commit(endOf('done', 'good'))
  await waiting
  expect(types(entry)).toEqual(['task.created', 'turn.queued', 'turn.held', 'turn.released'])
})

test('a task that has begun waits for no other, whatever they do', async () => {
  const entry = await tasks.begin({ id: ID, request: AFTER })
  await entry.live.commit({ type: 'turn.started', turn: 1, attempt: 1, container: 'c' }, endOf('done', 'good'), {
    type: 'turn.queued',
    turn: 2,
    prompt: 'more',
    promptBytes: 4,
  })
  await wait(entry, 2)
  expect(entry.live.record).toMatchObject({ state: 'queued', reason: null })
})

import { expect, test } from 'vitest'
import { firstEvents, numbered } from '../../test/fixtures/random-events.ts'
import type { EventBody } from './event.ts'
import { reduce } from './reduce.ts'
import type { TaskRecord, TaskRecordSeed } from './task.ts'
import { usedTask } from './used-task.ts'

const record = (kind: string, ...bodies: readonly EventBody[]): TaskRecord => {
  const [created, queued] = firstEvents as [EventBody & { task: TaskRecordSeed }, EventBody]
  const first: EventBody = { type: 'task.created', task: { ...created.task, source: { ...created.task.source, kind } } }
  const started: EventBody = { type: 'turn.started', turn: 1, attempt: 1, container: 'c' }
  return numbered([first, queued, started, ...bodies]).reduce<TaskRecord | undefined>(reduce, undefined) as TaskRecord
}

const changes = { files: 1, insertions: 2, deletions: 3 }
const patch: EventBody = { type: 'work.patch', turn: 1, path: '/p', bytes: 5, changes }
const nothing: EventBody = { type: 'work.nothing', turn: 1, reason: 'the agent changed no file' }

test('a copied folder that is as it was has no changes any more; of a repository nothing to push says none', () => {
  expect(record('copy', patch).changes).toEqual(changes)
  expect(record('copy', patch, nothing)).not.toHaveProperty('changes')
  const kept = { commits: [], branches: [], uncommitted: [], committed: false, wip: null, changes }
  const work: EventBody = { type: 'work.kept', turn: 1, head: null, base: null, ...kept }
  expect(record('clone', work, nothing).changes).toEqual(changes)
})

test("the gateway's count is kept by model, of the turn and the task, and beyond the task", () => {
  const usage = { inputTokens: 5, cachedTokens: 0, outputTokens: 2, reasoningTokens: 0 }
  const answer = (model?: string): EventBody => ({
    type: 'gateway.usage',
    turn: 1,
    usage,
    gateway: 'g',
    line: 1,
    ...(model !== undefined && { model }),
  })
  const old = record('clone', answer())
  expect(old.gatewayUsage).toEqual(usage)
  expect([old, ...old.turns].filter((one) => 'models' in one)).toEqual([])
  const counted = record('clone', answer('big'), answer(), answer('big'))
  const models = [{ model: 'big', usage: { ...usage, inputTokens: 10, outputTokens: 4 } }]
  expect(counted.gatewayUsage?.inputTokens).toBe(15)
  expect(counted.models).toEqual(models)
  expect(counted.turns[0]?.models).toEqual(models)
  expect(counted.provider.model).toBeNull()
  expect(usedTask(counted)).toMatchObject({ models, turns: [{ models }] })
})

test('the login of the last turn is in the record, until a turn has a key', () => {
  const planned = (plan: object): EventBody => ({ type: 'turn.planned', turn: 1, plan })
  const login = { name: 'work', service: 'chatgpt' }
  expect(record('clone', planned({ login })).login).toBe('work')
  expect(record('clone', planned({ login }), planned({}))).not.toHaveProperty('login')
})

test('an answer that does not fit is counted, and is no try of the retries; a turn that somebody begins again has none', () => {
  const unfit: EventBody = { type: 'result.unfit', turn: 1, attempt: 1, problems: ['/ is wrong'], answer: '' }
  const outcome = { result: 'failed', class: 'agent', reason: 'no', exitCode: 0 } as const
  const waiting: EventBody = { type: 'turn.waiting', turn: 1, until: '2026-01-01T00:00:00.000Z', outcome }
  const again = (attempt: number): EventBody => ({ type: 'turn.again', turn: 1, attempt, prompt: 'again' })
  const started: EventBody = { type: 'turn.started', turn: 1, attempt: 2, container: 'c' }
  const asked = record('clone', unfit, waiting, again(2), started)
  expect(asked.turns).toMatchObject([{ tries: 0, result: { fits: false, attempt: 1, checked: 1 } }])
  const kept: EventBody = { type: 'result.kept', turn: 1, attempt: 2, json: '{}' }
  const fits = record('clone', unfit, waiting, again(2), started, kept)
  expect(fits.turns).toMatchObject([{ result: { fits: true, attempt: 2, checked: 2 } }])
  const failed = record('clone', unfit, { type: 'turn.ended', turn: 1, outcome }, again(2))
  expect(failed.turns[0]).not.toHaveProperty('result')
  // The network fails in the next attempt: that is a try.
  expect(record('clone', unfit, waiting, again(2), started, waiting).turns).toMatchObject([{ tries: 1 }])
})

const lib = { kind: 'clone', url: '/lib', ref: null, base: 'b2', branch: 'main', pushBranch: null, folder: 'lib' }
const [created] = firstEvents as [EventBody & { task: TaskRecordSeed }, EventBody]
const ofTwo = (...bodies: readonly EventBody[]): TaskRecord => {
  const source = { ...created.task.source, kind: 'clone', folder: 'app' }
  const task = { ...created.task, source, further: { lib } }
  const started: EventBody = { type: 'turn.started', turn: 1, attempt: 1, container: 'c' }
  const all = [{ type: 'task.created', task } as const, firstEvents[1] as EventBody, started, ...bodies]
  return numbered(all).reduce<TaskRecord | undefined>(reduce, undefined) as TaskRecord
}
const work = (head: string, repository?: string): EventBody => ({
  ...{ type: 'work.kept', turn: 1, head, base: null, branches: [], uncommitted: [], committed: false, wip: null },
  ...{ commits: [{ sha: head, subject: head }], ...(repository !== undefined && { repository }) },
})
const place = (repository: string | undefined, remote: string) => ({
  ...{ turn: 1, remote, branch: 'berth/t', ...(repository !== undefined && { repository }) },
})
const push = (sha: string, repository?: string): EventBody => ({
  ...{ type: 'work.pushed', sha, ...place(repository, '/r') },
})
const unpushed = (repository?: string): EventBody => ({
  ...{ type: 'push.failed', reason: 'no', ...place(repository, '/r') },
})
const failure = { result: 'failed', class: 'push', reason: 'lib: no', exitCode: 0 } as const
const failed: EventBody = { type: 'turn.ended', turn: 1, outcome: failure }

test('each repository has its own work; one whose push failed is named, and pushed later it is done', () => {
  const both = ofTwo(work('a1'), work('l1', 'lib'), push('a1'), unpushed('lib'), failed)
  expect(both).toMatchObject({ state: 'failed', head: 'a1', pushed: { sha: 'a1' }, pushError: null })
  expect(both.further).toMatchObject({
    lib: { repository: lib, head: 'l1', commits: [{ sha: 'l1' }], pushed: null, pushError: 'no' },
  })
  const later = numbered([...Array(both.seq).fill(created), push('l1', 'lib')] as EventBody[]).at(-1)
  const done = reduce(both, later as Parameters<typeof reduce>[1])
  expect(done).toMatchObject({ state: 'done', reason: 'pushed berth/t to app and lib', pushed: { sha: 'a1' } })
  expect(done.further).toMatchObject({ lib: { pushed: { sha: 'l1' }, pushError: null } })
})

test('a task that lacks the pushes of two repositories is done with the second one', () => {
  const none = [work('a1'), work('l1', 'lib'), unpushed(), unpushed('lib'), failed]
  expect(ofTwo(...none, push('a1')).state).toBe('failed')
  expect(ofTwo(...none, push('a1'), push('l1', 'lib')).state).toBe('done')
  // A repository that the task does not have changes nothing.
  expect(ofTwo(...none, push('a1'), push('l1', 'other')).state).toBe('failed')
  expect(ofTwo(work('l1', 'constructor')).further).toEqual(ofTwo().further)
})

test('a task whose container was started before its plan was whole has something to remove from then on', () => {
  const [created, queued] = firstEvents as [EventBody, EventBody]
  const planned = (plan: object): EventBody => ({ type: 'turn.planned', turn: 1, plan }) as EventBody
  const cleanAfter = (plan: object) =>
    numbered([created, queued, planned(plan)]).reduce<TaskRecord | undefined>(reduce, undefined)?.clean
  expect([cleanAfter({}), cleanAfter({ early: true }), cleanAfter({ pooled: { until: 1 } })]).toEqual([
    true,
    false,
    false,
  ])
})

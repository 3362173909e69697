import { expect, test } from 'vitest'
import type { TaskRecord } from '../domain/task.ts'
import { sessionReport } from './session-report.ts'

const context = { paths: { state: '/state', runtime: '/run' } } as Parameters<typeof sessionReport>[0]
const session = { id: 'plan', role: 'planner', owner: null }
const record = {
  id: 't-one',
  state: 'running',
  reason: null,
  container: { id: 'c1', name: 'berth-t-one-1-1', state: 'running', pid: 1 },
  repository: { url: '/srv/app', branch: 'main', pushBranch: 'berth/t-one' },
  pushed: null,
  workspace: '/state/tasks/t-one/workspace',
  emptied: false,
} as unknown as TaskRecord
const report = (more: object = {}) => sessionReport(context, session, { ...record, ...more })

test('a session that was not started has nothing of a task', () => {
  expect(sessionReport(context, session, undefined)).toEqual({
    ...{ id: 'plan', role: 'planner', owner: null },
    ...{ task: null, state: null, branch: null, repositories: null, container: null, workspace: null, log: null },
    question: null,
  })
})

test('a session that runs: all that a script needs of its task', () => {
  expect(report()).toEqual({
    id: 'plan',
    role: 'planner',
    owner: null,
    task: 't-one',
    state: 'running',
    branch: 'berth/t-one',
    repositories: [{ folder: null, repository: '/srv/app', branch: 'berth/t-one', pushed: null }],
    container: 'c1',
    workspace: '/state/tasks/t-one/workspace',
    log: '/state/tasks/t-one/events.jsonl',
    question: null,
  })
})

test('what is gone is not named', () => {
  expect(report({ container: { ...record.container, state: 'removed' }, emptied: true })).toMatchObject({
    container: null,
    workspace: null,
  })
  expect(report({ container: null }).container).toBeNull()
})

test('the branch is the pushed one, else the one of a push, else the one it works on', () => {
  expect(report({ pushed: { branch: 'out', sha: '', remote: '' } }).branch).toBe('out')
  expect(report({ repository: { branch: 'main', pushBranch: null } }).branch).toBe('main')
})

test('of several repositories each has its branch, and the main one is the first', () => {
  const lib = { repository: { url: '/srv/lib', branch: 'next', pushBranch: 'out', folder: 'lib' } }
  const several = report({
    repository: { ...record.repository, folder: 'app' },
    further: { lib: { ...lib, pushed: { branch: 'out', sha: 'c1', remote: '/srv/lib' } } },
  })
  expect(several.branch).toBe('berth/t-one')
  expect(several.repositories).toEqual([
    { folder: 'app', repository: '/srv/app', branch: 'berth/t-one', pushed: null },
    { folder: 'lib', repository: '/srv/lib', branch: 'out', pushed: 'c1' },
  ])
  expect(report({ repository: { url: null, branch: null, pushBranch: null } }).repositories).toEqual([])
})

test('the question is the reason of a task that waits for a person, and of no other', () => {
  expect(report({ state: 'blocked', reason: 'log in again' }).question).toBe('log in again')
  expect(report({ state: 'failed', reason: 'it failed' }).question).toBeNull()
})

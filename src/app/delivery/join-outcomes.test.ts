import { expect, test } from 'vitest'
import type { Outcome } from '../../domain/outcome.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { joinOutcomes } from './deliver-all.ts'

const done: Outcome = { result: 'done', class: 'ok', reason: 'done', exitCode: 0 }
const repository = { kind: 'clone', url: null, ref: null, base: null, branch: null, pushBranch: null }
const recordOf = (
  folder: string,
  branch: string | null,
  number?: number,
): Pick<TaskRecord, 'pr' | 'pushed' | 'repository'> => ({
  repository: { ...repository, folder },
  pushed: branch === null ? null : { branch, sha: 'a', remote: '/r' },
  ...(number !== undefined && { pr: { number, url: '', state: 'open' } }),
})
const pushed = (folder: string, branch = 'berth/t', number?: number) => ({
  ...{ outcome: { ...done, reason: `pushed ${branch}` }, is: 'pushed' as const },
  record: recordOf(folder, branch, number),
})
const failed = (folder: string, kind: 'push' | 'agent', reason: string) => ({
  outcome: { ...done, result: 'failed' as const, class: kind, reason },
  record: recordOf(folder, null),
})
const nothing = (folder: string, reason = 'done; nothing to push') => ({
  ...{ outcome: { ...done, reason }, is: 'nothing' as const },
  record: recordOf(folder, null),
})

test('the reason says where all was pushed, and names what was not', () => {
  const reasonOf = (...all: Parameters<typeof joinOutcomes>[1]) => joinOutcomes(done, all).reason
  expect(reasonOf(pushed('app'), pushed('lib'))).toBe('pushed berth/t to app and lib')
  expect(reasonOf(pushed('app', 'x'), pushed('lib', 'y'), pushed('c', 'x'))).toBe('pushed x to app and c and y to lib')
  expect(reasonOf(pushed('app', 'x', 1), pushed('lib', 'x', 2))).toBe(
    'pushed x to app and lib, pull requests #1 (app) and #2 (lib)',
  )
  expect(reasonOf(nothing('app'), nothing('lib'))).toBe('done; nothing to push')
  expect(reasonOf(pushed('app'), nothing('lib'))).toBe('pushed berth/t to app; lib: nothing to push')
  expect(reasonOf(pushed('app'), failed('lib', 'push', 'no'))).toBe('pushed berth/t to app; lib: no')
})

test('one that failed makes the outcome failed; a push can be tried again only where nothing else is wrong', () => {
  const classOf = (...all: Parameters<typeof joinOutcomes>[1]) => joinOutcomes(done, all)
  expect(classOf(pushed('app'), failed('lib', 'push', 'no'))).toMatchObject({ result: 'failed', class: 'push' })
  expect(classOf(failed('app', 'push', 'no'), failed('lib', 'agent', 'half a rebase'))).toEqual({
    ...{ result: 'failed', class: 'agent', exitCode: 0 },
    reason: 'app: no; lib: half a rebase',
  })
  const stopped: Outcome = { result: 'stopped', class: 'stopped', reason: 'stopped', exitCode: null }
  const kept = { outcome: stopped, record: recordOf('app', null) }
  expect(joinOutcomes(stopped, [kept, kept])).toEqual(stopped)
})

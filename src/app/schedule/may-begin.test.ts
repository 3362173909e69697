import { expect, test } from 'vitest'
import type { State, TaskRecord } from '../../domain/task.ts'
import { mayBegin } from './may-begin.ts'

const after = [
  { name: 'plan', task: 't-1' },
  { name: 'build', task: 't-2' },
]
const found =
  (plan: State | undefined, build: State | undefined, reason: string | null = null) =>
  (id: string) => {
    const state = id === 't-1' ? plan : build
    return state === undefined ? undefined : ({ state, reason } as TaskRecord)
  }

test('it begins when all are done', () => {
  expect(mayBegin(after, undefined, found('done', 'done'))).toEqual({ kind: 'begin' })
})

test.each(['queued', 'running', 'waiting', 'blocked'] as const)('it waits for one that is %s', (state) => {
  expect(mayBegin(after, undefined, found('done', state))).toEqual({ kind: 'hold', reason: 'waits for build' })
  expect(mayBegin(after, 'run', found(state, state))).toEqual({ kind: 'hold', reason: 'waits for plan, build' })
})

test.each([
  ['failed', 'which failed: no'],
  ['stopped', 'which was stopped: no'],
  ['died', 'which died: no'],
] as const)('it fails at once if one is %s', (state, words) => {
  const reason = `it begins after build (t-2), ${words}`
  expect(mayBegin(after, undefined, found('running', state, 'no'))).toEqual({ kind: 'fail', reason })
  expect(mayBegin(after, 'fail', found('done', state, 'no'))).toEqual({ kind: 'fail', reason })
  expect(mayBegin(after, 'run', found('done', state, 'no'))).toEqual({ kind: 'begin' })
  expect(mayBegin(after, 'run', found('running', state, 'no'))).toEqual({ kind: 'hold', reason: 'waits for plan' })
})

test('one that was removed is lost', () => {
  const reason = 'it begins after plan (t-1), which was removed'
  expect(mayBegin(after, undefined, found(undefined, 'done'))).toEqual({ kind: 'fail', reason })
  expect(mayBegin(after, 'run', found(undefined, 'done'))).toEqual({ kind: 'begin' })
})

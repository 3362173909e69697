import { expect, test } from 'vitest'
import type { Plan } from '../../plan/plan.ts'
import { offBranch } from './off-branch.ts'

const plan = { task: 't-1', source: { kind: 'clone', branch: 'main' } } as unknown as Plan
const done = { result: 'done', class: 'ok', reason: 'said so', exitCode: 0 } as const

test.each(['main', 'berth/t-1'])('work on the branch of the session is pushed: %s', (branch) => {
  expect(offBranch(plan, { branch }, done)).toBeUndefined()
})

test.each([
  ['other', 'on the branch other'],
  ['', 'on no branch'],
  ['a\u001b[31m', 'on the branch a'],
])('work elsewhere fails the session: %j', (branch, words) => {
  const outcome = offBranch(plan, { branch }, done)
  expect(outcome).toMatchObject({ result: 'failed', class: 'agent' })
  expect(outcome?.reason).toContain(`the agent's work is ${words}`)
  expect(outcome?.reason).not.toContain('\u001b')
})

test('a task without a clone has no branch', () => {
  expect(offBranch({ ...plan, source: { kind: 'none' } }, { branch: '' }, done)).toBeUndefined()
})

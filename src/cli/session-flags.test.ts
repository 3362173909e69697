import { expect, test } from 'vitest'
import { labelsOf, sessionWords } from './session-flags.ts'

test('flags of a session are labels of Berth, beside those of --label', () => {
  expect(labelsOf({})).toBeUndefined()
  expect(labelsOf({ label: ['a=1'] })).toEqual(['a=1'])
  expect(labelsOf({ label: ['a=1'], session: 'plan', role: 'planner', owner: 'ann' })).toEqual([
    'a=1',
    'berth.session=plan',
    'berth.role=planner',
    'berth.owner=ann',
  ])
})

test('the words of a selector are its flags', () => {
  expect(sessionWords({ role: 'tester', session: 'plan' })).toEqual(['--session plan', '--role tester'])
})

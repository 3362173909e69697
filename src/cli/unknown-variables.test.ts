import { expect, test } from 'vitest'
import { unknownVariables } from './unknown-variables.ts'

test('a variable that begins as a setting and is none is said, with the one that was meant', () => {
  expect(
    unknownVariables({ BERTH_MEMROY: '1g', BERTH_REPO: 'x', BERTH_MEMORY: '1g', BERTH_HOME: '/h', OTHER: '' }),
  ).toEqual([
    'BERTH_MEMROY is not a setting of Berth (did you mean BERTH_MEMORY?)',
    'Berth ignores BERTH_REPO: this setting belongs to one task, give it as --repo',
  ])
  const given = { BERTH_TASK: 't-1', BERTH_HOOK: '[]', BERTH_DISK_BUDGET: '1g', BERTH_PROFILE: 'p' }
  expect(unknownVariables(given)).toEqual([])
  expect(unknownVariables({ BERTH_EVENT: 'state', BERTH_REPO: 'x' })).toEqual([])
})

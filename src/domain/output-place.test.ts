import { expect, test } from 'vitest'
import { outputPaths } from './output-place.ts'

const named = { 'berth.session': 'plan', 'berth.role': 'planner' }

test.each([
  ['no folder', {}, named, undefined],
  [
    'a session with a role',
    { output: '/out' },
    named,
    { state: '/out/planner/plan/state.json', transcript: '/out/planner/plan/transcript.ndjson' },
  ],
  [
    'a task without names',
    { output: '/out' },
    {},
    { state: '/out/none/t-1/state.json', transcript: '/out/none/t-1/transcript.ndjson' },
  ],
  ['a transcript alone', { transcriptDir: '/lines' }, named, { transcript: '/lines/planner/plan/transcript.ndjson' }],
  [
    'a transcript elsewhere',
    { output: '/out', transcriptDir: '/lines' },
    named,
    { state: '/out/planner/plan/state.json', transcript: '/lines/planner/plan/transcript.ndjson' },
  ],
])('%s', (_, request, labels, paths) => {
  expect(outputPaths({ id: 't-1', labels, request })).toEqual(paths)
})

test('a fork has the labels of its task, and a folder of its own', () => {
  expect(outputPaths({ id: 't-2', labels: named, fork: {}, request: { output: '/out' } })?.state).toBe(
    '/out/planner/t-2/state.json',
  )
})

import { expect, test } from 'vitest'
import type { Event } from '../domain/event.ts'
import type { Outcome } from '../domain/outcome.ts'
import { nextSteps } from './next-steps.ts'

const lines = (outcome: Partial<Outcome>, ...events: object[]) => {
  const steps = nextSteps('t-1')
  for (const event of events) steps.take(event as Event)
  return steps.lines({ result: 'done', class: 'ok', reason: '', exitCode: 0, ...outcome })
}
const kept = { type: 'work.kept', commits: [{ sha: 'a', subject: 'b' }], wip: null }
const pushed = { type: 'work.pushed', remote: '/r/a.git', branch: 'berth/t-1' }

test('work that was pushed is shown and fetched', () => {
  expect(lines({}, kept, pushed)).toEqual([
    '  berth diff t-1   # what the agent changed',
    '  git fetch /r/a.git berth/t-1   # its work, here',
  ])
})

test('work that was kept can be pushed', () => {
  expect(lines({ result: 'stopped', class: 'stopped' }, kept).at(-1)).toMatch(/berth push t-1 +# push what there is/)
  expect(lines({ result: 'failed', class: 'push' }, kept)[1]).toMatch(/berth push t-1 +# try to push it again/)
  expect(lines({}, kept)).toHaveLength(1)
})

test('where nothing was made there is nothing to type, but after a failure', () => {
  expect(lines({}, { type: 'work.kept', commits: [], wip: null })).toEqual([])
  expect(lines({ result: 'died', class: 'oom' })).toEqual(['  berth status -v t-1   # all that is known of it'])
})

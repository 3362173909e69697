import { expect, test } from 'vitest'
import type { Plan } from '../../plan/plan.ts'
import type { LiveTask } from '../task/live-task.ts'
import type { Scheduler } from './scheduler.ts'
import { adoptTurn } from './turn-loop.ts'

/** What a supervisor takes over of a turn in this state whose login went into its container, or did not yet. */
const adopted = (state: string, lent: boolean, inside = true) => {
  const outcome = state === 'done' ? {} : null
  const places: string[] = []
  const logins: string[] = []
  const scheduler = {
    queue: { adopt: ({ id }: { id: string }) => void places.push(id) },
    deps: {
      logins: {
        adoptLent: (id: { provider: string; name: string }, task: string) =>
          void logins.push(`${id.provider}/${id.name} ${task}`),
      },
    },
  } as unknown as Scheduler
  const live = {
    id: 't-one',
    record: { state, priority: 0, labels: {}, createdAt: '', turns: [{ turn: 1, attempt: 1, state, outcome }] },
    journal: { select: () => (lent ? [{ type: 'login.lent', turn: 1, attempt: 1, version: 'v1' }] : []) },
  } as unknown as LiveTask
  const plan = {
    provider: 'codex',
    turn: 1,
    attempt: 1,
    login: { name: 'work' },
    ...(inside ? { inside: { path: 'x' } } : {}),
  } as unknown as Plan
  adoptTurn(scheduler, live, plan)
  return { places, logins }
}

test('a running task keeps its place and the login that was lent to it', () => {
  expect(adopted('running', true)).toEqual({ places: ['t-one'], logins: ['codex/work t-one'] })
  expect(adopted('running', false)).toEqual({ places: ['t-one'], logins: [] })
  expect(adopted('running', false, false)).toEqual({ places: ['t-one'], logins: [] })
})

test.each(['queued', 'waiting', 'done'])('a turn that is %s has neither', (state) => {
  expect(adopted(state, true)).toEqual({ places: [], logins: [] })
})

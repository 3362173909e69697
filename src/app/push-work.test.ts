import { expect, test } from 'vitest'
import type { Outcome } from '../domain/outcome.ts'
import type { Plan } from '../plan/plan.ts'
import type { Deps } from './deps.ts'
import type { LiveTask } from './live-task.ts'
import { pushWork } from './push-work.ts'

const outcome: Outcome = { result: 'done', class: 'ok', reason: '', exitCode: 0 }
const delivery = { kind: 'push', url: 'https://example.invalid/a', branch: 'b', mode: 'lease', expected: null } as const

test('a supervisor that leaves does not wait for a remote that hangs', async () => {
  const leaving = new AbortController()
  const told: string[] = []
  const push = ({ signal }: { signal?: AbortSignal }) =>
    new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason))
      leaving.abort(new Error('the supervisor leaves'))
    })
  const live = {
    record: { pushed: null },
    surroundings: { world: {} },
    append: ({ type }: { type: string }) => told.push(type),
  } as unknown as LiveTask
  const pushing = pushWork({
    deps: { git: { push } } as unknown as Deps,
    live,
    plan: { turn: 1, folders: { publish: '/nonexistent' } } as Plan,
    outcome,
    sha: 'abc',
    delivery,
    signal: leaving.signal,
  })
  await expect(pushing).rejects.toThrow('the supervisor leaves')
  expect(told).toEqual(['turn.phase'])
})

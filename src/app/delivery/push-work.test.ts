import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { EventBody } from '../../domain/event.ts'
import type { Outcome } from '../../domain/outcome.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import { openJournal } from '../../store/journal.ts'
import type { Deps } from '../deps.ts'
import type { LiveTask } from '../task/live-task.ts'
import { pushWork } from './push-work.ts'

const outcome: Outcome = { result: 'done', class: 'ok', reason: '', exitCode: 0 }
const delivery = { kind: 'push', url: 'https://example.invalid/a', branch: 'b', mode: 'lease', expected: null } as const

const contextOf = (live: LiveTask, push: () => Promise<object | undefined>) => ({
  deps: { git: { push } } as unknown as Deps,
  live,
  plan: { turn: 1, source: { kind: 'none' }, folders: { publish: '/nonexistent' } } as Plan,
  engine: {} as Engine,
  signal: new AbortController().signal,
})

test('a supervisor that shuts down does not wait for a remote that hangs', async () => {
  const shutdown = new AbortController()
  const told: string[] = []
  const push = ({ signal }: { signal?: AbortSignal }) =>
    new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason))
      shutdown.abort(new Error('the supervisor shuts down'))
    })
  const live = {
    record: { pushed: null },
    callerContext: { callerEnv: {} },
    append: ({ type }: { type: string }) => told.push(type),
  } as unknown as LiveTask
  const pushing = pushWork({
    context: {
      deps: { git: { push } } as unknown as Deps,
      live,
      plan: { turn: 1, source: { kind: 'none' }, folders: { publish: '/nonexistent' } } as Plan,
      engine: {} as Engine,
      signal: shutdown.signal,
    },
    outcome,
    sha: 'abc',
    delivery,
  })
  await expect(pushing).rejects.toThrow('the supervisor shuts down')
  expect(told).toEqual(['turn.phase'])
})

test('a push that waits for lost credentials ends when the turn is stopped', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-push-'))
  const journal = openJournal(join(folder, 'events.jsonl'))
  const blocked = Promise.withResolvers<void>()
  const live = {
    journal,
    record: { pushed: null, stopping: false },
    callerContext: null,
    append: (...events: EventBody[]) => journal.append(events),
    commit: async (...events: EventBody[]) => void journal.append(events),
    provided: (signal: AbortSignal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
        blocked.resolve()
      }),
  } as unknown as LiveTask
  const push = async () => ({ ok: false, kind: 'auth', reason: 'denied' })
  const pushing = pushWork({
    context: contextOf(live, push),
    outcome,
    sha: 'abc',
    delivery,
  })
  const ended = expect(pushing).rejects.toThrow('stopped by the user')
  await blocked.promise
  live.append({ type: 'stop.requested', turn: 1, by: 'user', reason: 'stopped by the user' })
  await ended
  expect([...journal.read()].map(({ type }) => type)).toEqual(['turn.phase', 'turn.blocked', 'stop.requested'])
  journal.close()
  rmSync(folder, { recursive: true })
})

/** A push after the supervisor that knew the caller was killed: the results of its tries. */
const pushLater = async (...results: readonly object[]) => {
  const told: string[] = []
  const left = [...results]
  const add = (...events: readonly EventBody[]) => void told.push(...events.map(({ type }) => type))
  const live = {
    record: { pushed: null, stopping: false },
    callerContext: null,
    journal: { seq: 0, path: '', follow: async function* () {} },
    append: add,
    commit: async (...events: readonly EventBody[]) => add(...events),
    provided: async () => ({ callerEnv: {}, key: null, env: {} }),
  } as unknown as LiveTask
  const ended = await pushWork({
    context: contextOf(live, async () => left.shift()),
    outcome,
    sha: 'abc',
    delivery,
  })
  return { ended, told }
}

test("a push that Berth's own credentials cannot do waits for no caller", async () => {
  const denied = { ok: false, kind: 'denied', reason: 'the App may not', own: true }
  const { ended, told } = await pushLater(denied)
  expect(told).toEqual(['turn.phase', 'push.failed'])
  expect(ended).toMatchObject({ result: 'failed', class: 'push', reason: 'push to b denied: the App may not' })
})

test("a push whose token stands in a caller's environment waits for one", async () => {
  const lost = { ok: false, kind: 'denied', reason: 'env:GITHUB_TOKEN is not set' }
  const { ended, told } = await pushLater(lost, { ok: true, sha: 'abc' })
  expect(told).toEqual(['turn.phase', 'turn.blocked', 'turn.unblocked', 'work.pushed'])
  expect(ended).toMatchObject({ result: 'done', reason: 'pushed b' })
})

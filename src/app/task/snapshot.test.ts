import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { EventBody } from '../../domain/event.ts'
import { eventsIn } from '../../domain/event-line.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { openJournal } from '../../store/journal.ts'
import type { Store } from '../../store/store.ts'
import { liveTask } from './live-task.ts'

const outcome = { result: 'failed', class: 'agent', reason: 'it failed', exitCode: 1 } as const
const seed = {
  id: 't-one',
  name: null,
  request: { policy: 'sandboxed' },
  provider: { id: 'p', version: null },
  engine: { id: 'docker', endpoint: '' },
  image: '',
  workspace: null,
  labels: { a: 'b' },
  source: { kind: 'none', url: null, ref: null, base: null, branch: null, pushBranch: null },
}
const prompt = { prompt: 'do it', promptBytes: 5 }

test('who is told of a state finds it in task.json, and the plan of that turn beside it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-snapshot-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const live = liveTask({
    id: 't-one',
    folder,
    journal: openJournal(join(folder, 'events.jsonl')),
    store: { put: () => {} } as unknown as Store,
    record: undefined,
    onChange: () => {},
    onRecord: () => {},
    hooks: { states: () => new Set(), due: () => {} },
    claims: () => true,
  })
  const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'))
  const seen: string[] = []
  const following = (async () => {
    for await (const { bytes } of live.journal.follow(0, {}, AbortSignal.timeout(5000)))
      for (const event of eventsIn('', bytes)) {
        const { state, turns } = read('task.json') as TaskRecord
        seen.push(`${event.type} ${state} ${turns.length}`)
      }
  })()
  const steps: readonly EventBody[][] = [
    [
      { type: 'task.created', task: seed } as unknown as EventBody,
      { type: 'turn.queued', turn: 1, ...prompt },
      { type: 'turn.planned', turn: 1, plan: { turn: 1 } },
    ],
    [{ type: 'turn.started', turn: 1, attempt: 1, container: 'c' }],
    [{ type: 'turn.blocked', turn: 1, reason: 'a key' }],
    [{ type: 'turn.unblocked', turn: 1 }],
    [{ type: 'turn.ended', turn: 1, outcome }],
    [{ type: 'task.archived' }],
    [{ type: 'task.unarchived' }],
    [{ type: 'turn.queued', turn: 2, ...prompt }],
    [{ type: 'turn.planned', turn: 2, plan: { turn: 2 } }],
  ]
  for (const bodies of steps) {
    live.append(...bodies)
    // The follower reads now, as one that is told at once would.
    await new Promise((resolve) => setImmediate(resolve))
    expect(read('task.json')).toEqual(JSON.parse(JSON.stringify(live.record)))
  }
  expect(read('plan.json')).toEqual({ turn: 2 })
  await live.close()
  await following
  expect(seen).toEqual([
    'task.created queued 1',
    'turn.queued queued 1',
    'turn.planned queued 1',
    'turn.started running 1',
    'turn.blocked blocked 1',
    'turn.unblocked running 1',
    'turn.ended failed 1',
    'task.archived failed 1',
    'task.unarchived failed 1',
    'turn.queued queued 2',
    'turn.planned queued 2',
  ])
})

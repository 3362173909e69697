import { mkdirSync } from 'node:fs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { EventBody } from '../../domain/event.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'
import type { LiveTask } from '../task/live-task.ts'
import { turnControl } from './control.ts'
import { salvageWork } from './salvage-work.ts'

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** A helper whose git waits for ever. */
const bench = () => {
  const folder = temporaryFolder()
  for (const name of ['workspace/.git', 'exchange']) mkdirSync(folder.at(name), { recursive: true })
  const told: EventBody[] = []
  const removed: string[] = []
  const waiting = Promise.withResolvers<void>()
  const engine = {
    create: async () => 'helper',
    start: async () => {},
    kill: async () => true,
    wait: (_: string, signal: AbortSignal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
        waiting.resolve()
      }),
    remove: async (name: string) => void removed.push(name),
  } as unknown as Engine
  const live = {
    append: (event: EventBody) => void told.push(event),
    commit: async () => {},
  } as unknown as LiveTask
  const plan = {
    turn: 1,
    owner: null,
    source: { kind: 'clone' },
    engine: { kind: 'docker' },
    folders: { task: folder.path, workspace: folder.at('workspace'), exchange: folder.at('exchange') },
    container: { name: 'c', argv: [], mounts: [], userNamespace: 'none' },
    order: { paths: {}, workspace: { kind: 'clone' } },
  } as unknown as Plan
  const control = turnControl({ live, turn: 1, engine, graceMs: 0 })
  const deps = { installation: { toolbox: async () => undefined } } as unknown as Deps
  const salvaged = salvageWork({ deps, live, plan, engine, control, signal: new AbortController().signal })
  return { folder, told, removed, waiting: waiting.promise, control, salvaged }
}

test.each(['request', 'kill'] as const)(
  'a gathering that hangs ends after a stop (%s), and its helper goes',
  async (how) => {
    const { folder, told, removed, waiting, control, salvaged } = bench()
    await waiting
    if (how === 'kill') await control.kill()
    else await control.request({ by: 'user', reason: 'stopped' })
    await vi.advanceTimersByTimeAsync(10_000)
    await salvaged
    control.end()
    expect(removed.at(-1)).toBe('c-gather')
    expect(told).toMatchObject([{ type: 'notice', text: expect.stringContaining('it took too long after the stop') }])
    folder[Symbol.dispose]()
  },
)

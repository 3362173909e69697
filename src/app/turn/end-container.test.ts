import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { BerthError, type ErrorCode } from '../../domain/errors.ts'
import type { EventBody } from '../../domain/event.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import { openJournal } from '../../store/journal.ts'
import type { Deps } from '../deps.ts'
import type { LiveTask } from '../task/live-task.ts'
import { endContainer } from './end-container.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-clean-'))
  mkdirSync(join(folder, 'exchange/1-1/made'), { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true, maxRetries: 5 }))

const bench = (code: ErrorCode, failures: number) => {
  const told: string[] = []
  let asked = 0
  const remove = async () => {
    asked += 1
    // While there is a container, nobody removes what is mounted into it.
    expect(existsSync(join(folder, 'exchange/1-1/made'))).toBe(true)
    if (asked <= failures) throw new BerthError(code, 'remove')
  }
  const live = {
    id: 't-one',
    folder,
    record: { title: '', state: 'done', repository: {} },
    journal: { select: () => [] },
    append: (...events: EventBody[]) => told.push(...events.map(({ type }) => type)),
    sync: async () => {},
    flush: async () => {},
  } as unknown as LiveTask
  const input = {
    deps: { egress: { close: async () => {} }, log: () => {} } as unknown as Deps,
    live,
    plan: {
      turn: 1,
      attempt: 1,
      container: { name: 'c', labels: {} },
      folders: {
        home: join(folder, 'home'),
        exchange: join(folder, 'exchange/1-1'),
        socket: join(folder, 'socket'),
      },
      order: { keepHome: [] as readonly string[] },
    } as unknown as Plan,
    engine: { remove, list: async () => [] } as unknown as Engine,
  }
  return { input, told, asked: () => asked }
}

test('an engine that restarts is waited for', async () => {
  const { input, told, asked } = bench('engine-down', 2)
  await endContainer(input, new AbortController().signal)
  expect([asked(), told]).toEqual([3, ['container.removed']])
})

test('what an engine refuses is not asked again', async () => {
  const { input, told, asked } = bench('engine-error', 1)
  await expect(endContainer(input, new AbortController().signal)).rejects.toThrow('remove')
  expect([asked(), told]).toEqual([1, []])
})

test('a supervisor that leaves does not wait for the engine', async () => {
  const { input } = bench('engine-down', 1000)
  await expect(endContainer(input, AbortSignal.abort())).rejects.toThrow('aborted')
})

test.each([
  { begun: true, taken: true, gone: ['c', 'late'] },
  { begun: true, taken: false, gone: ['c'] },
  { begun: false, taken: true, gone: ['c'] },
])(
  'a create whose caller was killed is waited for: begun $begun, taken over $taken',
  async ({ begun, taken, gone }) => {
    const { input } = bench('engine-error', 0)
    const events: EventBody[] = begun ? [{ type: 'turn.started', turn: 1, attempt: 1, container: 'c' }] : []
    const removed: string[] = []
    const listed = [[], [{ id: 'late' }]]
    const engine = { remove: async (id: string) => void removed.push(id), list: async () => listed.shift() ?? [] }
    const journal = openJournal(join(folder, 'events.jsonl'))
    onTestFinished(() => journal.close())
    journal.append(events)
    const live = { ...input.live, journal } as unknown as LiveTask
    await endContainer({ ...input, live, taken, engine: engine as unknown as Engine }, new AbortController().signal)
    expect(removed).toEqual(gone)
  },
)

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SPARES } from '../../domain/spare-limits.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'
import { taskPool } from './pool.ts'

let root = ''
beforeEach(() => {
  vi.useFakeTimers()
  root = mkdtempSync(join(tmpdir(), 'berth-pool-'))
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(root, { recursive: true })
})

const plan = {
  task: 't-one',
  engine: { kind: 'docker', endpoint: 'unix:///a' },
  image: { reference: 'a', digest: 'sha256:1' },
  isolation: 'container',
  container: { name: 'berth-t-one-1-1' },
  owner: null,
  source: { kind: 'none' },
  steps: [],
} as unknown as Plan

/** A pool whose engine refuses every container. */
const refused = (memory: { bytes: number }) => {
  const shutdown = new AbortController()
  let tried = 0
  const recipe = {
    plan: (): Plan => {
      tried += 1
      throw new Error('no such image')
    },
    engine: { list: async () => [] } as unknown as Engine,
  }
  const logged: unknown[] = []
  const pool = taskPool({
    deps: {
      clock: { newId: () => 't-ahead' },
      installation: { folders: { state: root, runtime: root, configFile: '' } },
      log: (line: unknown) => logged.push(line),
    } as unknown as Deps,
    isQuiet: () => true,
    shutdown: shutdown.signal,
    onChange: () => {},
    availableMemory: () => memory.bytes,
  })
  const use = async (size?: number) => {
    pool.use(plan, size, recipe)
    await vi.advanceTimersByTimeAsync(1000)
    await vi.waitFor(() => expect(pool.busy()).toBe(false))
  }
  return { pool, use, tried: () => tried, logged }
}

test('with little memory no spare is made, and the next task hears of it; a pool that was asked for is', async () => {
  const memory = { bytes: SPARES.memoryBytes - 1 }
  const { pool, use, tried, logged } = refused(memory)
  await use()
  await use()
  expect([tried(), pool.claim(plan), logged]).toEqual([0, 'little-memory', []])
  memory.bytes = SPARES.memoryBytes
  await use()
  expect([tried(), pool.claim(plan)]).toEqual([1, 'could-not-be-made'])
  memory.bytes = 0
  await use(1)
  expect(tried()).toBe(2)
})

test('a spare keeps no supervisor, and is forgotten when the pool is cleared', async () => {
  const { pool } = refused({ bytes: SPARES.memoryBytes })
  const recipe = { plan: () => plan, engine: {} as Engine }
  for (const _ of [1, 2]) pool.use(plan, undefined, recipe)
  expect([pool.counts(), pool.busy(), pool.fits(plan)]).toEqual([{ waiting: 0, wanted: 1, spares: 0 }, false, false])
  expect(await pool.clear()).toBe(0)
  expect([pool.counts().wanted, pool.claim(plan)]).toEqual([0, 'first-of-its-kind'])
  pool.use(plan, 1, recipe)
  expect(pool.busy()).toBe(true)
  await pool.clear()
  expect(pool.busy()).toBe(false)
})

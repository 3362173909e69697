import { mkdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { BerthError } from '../../domain/errors.ts'
import { encodeFrame, type FrameBody, type WorkOrder } from '../../domain/worker-protocol.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'
import { whenEngineAnswers } from './engine-retry.ts'
import { runHelper } from './run-helper.ts'

const away = () => new BerthError('engine-down', 'it is away')

/** A helper job on an engine whose answers the test gives: what its worker says, and how often a removal fails. */
const bench = (folder: string, said: () => readonly FrameBody[], removals: { fail: number }) => {
  mkdirSync(`${folder}/exchange`)
  const there = new Set<string>()
  const engine = {
    create: async ({ name }: { readonly name: string }) => {
      there.add(name)
      return name
    },
    start: async () => {},
    wait: async () => ({ code: 0 }),
    async *logs() {
      for (const [i, body] of said().entries())
        yield { data: Buffer.from(`${encodeFrame({ v: 1, n: i + 1, t: 1, ...body })}\n`) }
    },
    remove: async (name: string) => {
      if (there.has(name) && removals.fail > 0) {
        removals.fail -= 1
        throw away()
      }
      there.delete(name)
    },
  } as unknown as Engine
  const plan = {
    turn: 1,
    owner: null,
    engine: { kind: 'docker' },
    folders: { task: folder, exchange: `${folder}/exchange` },
    container: { name: 'c', argv: [], mounts: [], userNamespace: 'none' },
  } as unknown as Plan
  const order = { paths: {}, workspace: { kind: 'none' } } as WorkOrder
  const signal = new AbortController().signal
  const deps = { installation: { toolbox: async () => undefined } } as unknown as Deps
  const input = { deps, plan, engine, job: 'rebase', order, signal } as const
  return { there, plan, signal, run: () => runHelper({ ...input, exchange: `${folder}/exchange`, mounts: [] }) }
}

test('its container goes, also where the engine is away when it shall', async () => {
  using folder = temporaryFolder()
  const { run, there } = bench(folder.path, () => [{ k: 'end' }], { fail: 2 })
  expect(await run()).toMatchObject([{ k: 'end' }])
  expect([...there]).toEqual([])
})

test('an engine that loses half of its log is away: it is done again when it answers, and that is told', async () => {
  using folder = temporaryFolder()
  const words: FrameBody[][] = [[], [{ k: 'conflict', files: ['a'], at: 'b' }], [{ k: 'end' }]]
  const { run, plan, signal } = bench(folder.path, () => words.shift() ?? [], { fail: 0 })
  await expect(run()).rejects.toMatchObject({ code: 'engine-down' })
  const told: string[] = []
  const live = {
    append: (...events: readonly { readonly type: string }[]) => {
      told.push(...events.map(({ type }) => type))
      return []
    },
  }
  expect(await whenEngineAnswers({ live, plan, signal }, run)).toMatchObject([{ k: 'end' }])
  expect(told).toEqual(['engine.lost', 'engine.back'])
})

test('what else goes wrong is not tried again; a stop ends the waiting', async () => {
  const told: string[] = []
  const over = new AbortController()
  const live = {
    append: (...events: readonly { readonly type: string }[]) => {
      told.push(...events.map(({ type }) => type))
      return []
    },
  }
  const input = { live, plan: { turn: 1 } as Plan, signal: over.signal }
  const fail = () => Promise.reject(new Error('no'))
  await expect(whenEngineAnswers(input, fail)).rejects.toThrow('no')
  const waiting = whenEngineAnswers(input, async () => {
    over.abort(new Error('stopped'))
    throw away()
  })
  await expect(waiting).rejects.toThrow('stopped')
  expect(told).toEqual([])
})

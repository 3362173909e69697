import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { encodeFrame, type FrameBody } from '../../domain/worker-protocol.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import { takenFile } from './taken-file.ts'

const place = temporaryFolder('berth-taken-')
afterAll(() => place[Symbol.dispose]())
const task = place.at('task')
const exchange = place.at('task/exchange')
const secret = place.at('secret')

beforeEach(() => {
  mkdirSync(exchange, { recursive: true })
  writeFileSync(secret, '{"of":"this machine"}')
})

/** An engine whose worker says these frames once it is told to end. */
const engineSaying = (...bodies: readonly FrameBody[]) => {
  const signals: string[] = []
  const engine = {
    kill: async (_: string, signal: string) => {
      signals.push(signal)
      return true
    },
    wait: async () => ({ code: 0, oom: false, error: null }),
    async *logs() {
      for (const [at, body] of bodies.entries())
        yield { stream: 'stdout', data: Buffer.from(`${encodeFrame({ v: 1, n: at + 1, t: 1, ...body })}\n`) }
    },
  } as unknown as Engine
  return { engine, signals }
}
const plan = { folders: { task, exchange } } as Plan
const take = (engine: Engine) => takenFile({ plan, engine, container: 'c' }, AbortSignal.timeout(5000))

test('the file that the worker copied, and no copy of it stays in our folder', async () => {
  writeFileSync(`${exchange}/login.json`, '{"a":1}')
  const { engine, signals } = engineSaying({ k: 'taken', file: 'login.json' })
  expect(await take(engine)).toBe('{"a":1}')
  expect(signals).toEqual(['SIGTERM'])
  expect(readdirSync(task)).toEqual(['exchange'])
})

test('none', async () => {
  const empty = place.at('empty')
  mkdirSync(empty)
  const { engine } = engineSaying({ k: 'end' })
  const at = { plan: { folders: { task, exchange: empty } } as Plan, engine, container: 'c' }
  expect(await takenFile(at, AbortSignal.timeout(5000))).toBeNull()
})

test('one that the worker would not copy, in its words', async () => {
  const { engine } = engineSaying({ k: 'taken', file: 'login.json', problem: 'it is a link' })
  await expect(take(engine)).rejects.toThrow('its credential file cannot be taken: it is a link')
})

test('a link that a program in the container put into its place is not followed', async () => {
  const linked = place.at('linked')
  mkdirSync(linked)
  symlinkSync(secret, `${linked}/login.json`)
  const { engine } = engineSaying({ k: 'taken', file: 'login.json' })
  const at = { plan: { folders: { task, exchange: linked } } as Plan, engine, container: 'c' }
  expect(await takenFile(at, AbortSignal.timeout(5000))).toBeNull()
})

test('one that is too large is refused', async () => {
  const large = place.at('large')
  mkdirSync(large)
  writeFileSync(`${large}/login.json`, Buffer.alloc(1024 * 1024 + 1, 32))
  const { engine } = engineSaying({ k: 'taken', file: 'login.json' })
  const at = { plan: { folders: { task, exchange: large } } as Plan, engine, container: 'c' }
  await expect(takenFile(at, AbortSignal.timeout(5000))).rejects.toThrow('over the limit of 1048576')
})

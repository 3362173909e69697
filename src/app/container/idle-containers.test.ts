import { expect, onTestFinished, test, vi } from 'vitest'
import { encodeFrame, type FrameBody } from '../../domain/worker-protocol.ts'
import type { Engine, LogChunk } from '../../engines/engine.ts'
import { type IdleContainer, idleContainers } from './idle-containers.ts'

const line = (n: number, body: FrameBody) => `${encodeFrame({ v: 1, n, t: 0, ...body })}\n`
const hour = 3_600_000

/** A container whose log has these lines and goes on until the signal, or ends with them. */
const bench = (log: string, { ends, left = hour }: { readonly ends?: true; readonly left?: number } = {}) => {
  const gone: string[] = []
  const told = Promise.withResolvers<void>()
  const read = Promise.withResolvers<void>()
  async function* logs(_id: string, _options: object, signal: AbortSignal): AsyncGenerator<LogChunk> {
    yield { stream: 'stdout', data: Buffer.from(log) }
    read.resolve()
    if (!ends) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }
  const watching = idleContainers((id) => {
    gone.push(id)
    told.resolve()
  })
  const engine = { logs, inspect: async () => undefined } as unknown as Engine
  const idle: IdleContainer = {
    id: 't-1',
    container: 'c',
    engine,
    until: Date.now() + left,
    frame: 2,
    since: Date.now(),
  }
  watching.watch(idle)
  return { watching, gone, told: told.promise, read: read.promise }
}
const before = line(1, { k: 'hello', worker: 'w', pid: 2 }) + line(2, { k: 'idle', code: 0 })

test('it waits while its container is alive and silent, and not at all when it is forgotten', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { watching, gone, read } = bench(before)
  await read
  await vi.advanceTimersByTimeAsync(hour - 1000)
  expect([watching.has('t-1'), watching.size, gone]).toEqual([true, 1, []])
  watching.forget('t-1')
  await vi.advanceTimersByTimeAsync(hour)
  expect([watching.size, gone]).toEqual([0, []])
})

test.each<[string, Parameters<typeof bench>]>([
  ['whose time is over', [before, { left: 20 }]],
  ['that ends', [before, { ends: true }]],
  ['whose worker goes on after an idle that was not its own', [before + line(3, { k: 'phase', phase: 'finish' })]],
  ['in which something else speaks', [`${before}hello\n`]],
])('one %s is let go once', async (_, input) => {
  const { gone, told } = bench(...input)
  await told
  expect(gone).toEqual(['t-1'])
})

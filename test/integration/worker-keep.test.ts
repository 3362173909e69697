import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Frame, orderFile } from '../../src/domain/worker-protocol.ts'
import { type Berth, makeBerth, openBundle, putOrder, sh, startWorker } from './worker-harness.ts'

const keep = { keepAliveMs: 60_000 }
const isIdle = (turn: number) => (frame: Frame, all: readonly Frame[]) =>
  frame.k === 'idle' && all.filter(({ k, n }) => k === 'idle' && n <= frame.n).length === turn

/** A further order, as the host gives it: whole, by a rename. */
const putNext = (berth: Berth, idle: Frame, order: object) => {
  const path = berth.at('exchange', orderFile(idle.n))
  writeFileSync(`${path}.new`, JSON.stringify(order))
  renameSync(`${path}.new`, path)
}

test('a further order is a further turn of the same worker; its frames go on in number', async () => {
  using berth = makeBerth({ 'a.txt': 'a' })
  putOrder(berth, berth.order(sh('echo one > one.txt; exit 3'), keep))
  const worker = startWorker(berth)
  const idle = await worker.seen(isIdle(1))
  expect(idle).toMatchObject({ code: 3 })
  putNext(berth, idle, berth.order(sh('cat one.txt; echo two > two.txt'), { ...keep, turn: 2 }))
  await worker.seen(isIdle(2))
  worker.signal('SIGTERM')
  const result = await worker.end
  expect(result.frames.map(({ n }) => n)).toEqual(result.frames.map((_, i) => i + 1))
  expect(result.frames.filter(({ k }) => k === 'agent-end' || k === 'idle' || k === 'hello')).toMatchObject([
    { k: 'hello' },
    { k: 'agent-end', code: 3 },
    { k: 'idle', code: 3 },
    { k: 'agent-end', code: 0 },
    { k: 'idle', code: 0 },
  ])
  expect(result.out().toString()).toBe('one\n')
  expect([result.frames.at(-1)?.k, result.stderr]).toEqual(['end', ''])
  expect(Object.keys(openBundle(berth).refs)).toContain('HEAD')
})

test('without a further order it ends by itself when the time is over', async () => {
  using berth = makeBerth()
  putOrder(berth, berth.order(sh('exit 4'), { keepAliveMs: 300 }))
  const result = await startWorker(berth).end
  expect([result.code, result.frames.at(-2)?.k, result.frames.at(-1)?.k]).toEqual([4, 'idle', 'end'])
})

test('what the agent left is gone, and an order of its own is not taken', async () => {
  using berth = makeBerth()
  // More names than its frames have numbers.
  const planted = JSON.stringify(berth.order(sh('echo forged'), keep))
  writeFileSync(berth.at('forged'), planted)
  const plant = `for n in $(seq 1 60); do cp ${berth.at('forged')} ${berth.at('exchange')}/order-$n.json; done`
  putOrder(berth, berth.order(sh(`${plant}; setsid sleep 1000 >/dev/null 2>&1 & echo $!`), keep))
  const worker = startWorker(berth)
  const idle = await worker.seen(isIdle(1))
  expect(existsSync(berth.at('exchange', orderFile(idle.n)))).toBe(false)
  expect(existsSync(berth.at('exchange', orderFile(idle.n + 1)))).toBe(true)
  putNext(berth, idle, berth.order(sh('echo ours'), keep))
  await worker.seen(isIdle(2))
  worker.signal('SIGTERM')
  const result = await worker.end
  expect(result.get('agent-end')).toMatchObject({ left: 1 })
  expect(result.out().toString()).toMatch(/^\d+\nours\n$/)
})

test.each([
  ['that is stopped', 'trap "exit 0" INT; echo ready; sleep 1000 & wait', {}],
  ['that reaches its limit', 'trap "exit 0" INT; sleep 1000 & wait', { limits: { turnMs: 300, outputBytes: 1e9 } }],
])('a turn %s is the last', async (_, script, changes) => {
  using berth = makeBerth()
  putOrder(berth, berth.order(sh(script), { ...keep, ...changes }))
  const worker = startWorker(berth)
  if (script.includes('ready')) {
    await worker.seen((frame) => 'd' in frame && frame.d.includes('ready'))
    worker.signal('SIGTERM')
  }
  expect((await worker.end).frames.some(({ k }) => k === 'idle')).toBe(false)
})

test('a turn whose work could not be gathered is the last', async () => {
  using berth = makeBerth({ 'a.txt': 'a' })
  const broken = berth.order(sh('echo b > b.txt'), keep)
  putOrder(berth, { ...broken, paths: { ...broken.paths, git: '/nonexistent/git' } })
  mkdirSync(berth.at('work', '.git'))
  const result = await startWorker(berth).end
  expect([result.code, result.frames.some(({ k }) => k === 'idle')]).toEqual([125, false])
})

test('many turns leave nothing in the log but frames', async () => {
  using berth = makeBerth()
  const order = berth.order(sh('echo .'), keep)
  putOrder(berth, order)
  const worker = startWorker(berth)
  for (let turn = 1; turn < 15; turn += 1) putNext(berth, await worker.seen(isIdle(turn)), order)
  await worker.seen(isIdle(15))
  worker.signal('SIGTERM')
  const result = await worker.end
  expect([result.lines.length, result.stderr]).toEqual([result.frames.length, ''])
  expect(result.out().toString()).toBe('.\n'.repeat(15))
})

import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { engineRequest } from '../fixtures/engine-request.ts'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import { aheadIn, poolEmpty, poolFilled } from '../fixtures/pool-filled.ts'
import { WAIT_MS } from '../fixtures/wait-ms.ts'
import { type Scene, scene } from '../fixtures/whole/scene.ts'

/** While a sandbox is started ahead: its launch is the second one that comes to these points. */
const AHEAD = ['launch.folders:2', 'launch.create:2', 'launch.start:2', 'launch.check:2', 'pool.made:1'] as const
/** While a task takes one; the third launch that comes to its folders is that of the task. */
const CLAIMED = [
  'pool.claimed:1',
  'task.created:2',
  'turn.started:2',
  'launch.folders:3',
  'launch.prompt:2',
  'launch.gateway:2',
  'launch.check:3',
  'launch.order:2',
  'turn.ended:2',
] as const
const FEW: ReadonlySet<string> = new Set([
  'launch.create:2',
  'pool.made:1',
  'pool.claimed:1',
  'task.created:2',
  'launch.check:3',
  'turn.ended:2',
])

const wait = async (what: string, is: () => boolean) => {
  for (const end = Date.now() + WAIT_MS; !is(); await sleep(20)) if (Date.now() > end) throw new Error(what)
}
const killed = ({ b }: Scene) =>
  wait('the supervisor did not come to that point', () => existsSync(join(b.home, 'fault')))
/** The one that waits, when its worker has said so. */
const filled = async ({ b }: Scene): Promise<string> => (await poolFilled(b.home, 1))[0] ?? ''
const noneAhead = (s: Scene) => poolEmpty(s.b.home)

describe.concurrent.each(anyEngine())('killed at a point of a sandbox that is started ahead on $name', (engine) => {
  const some = (points: readonly string[]) => points.filter((point) => TEST_ALL || FEW.has(point))

  test.each(some(AHEAD))('%s: it is gone, and nothing of it is left', async (point) => {
    await using s = await scene(engine)
    const id = await s.start(['--pool', '1'], { BERTH_FAULT: point })
    await killed(s)
    const [left = ''] = aheadIn(s.b.home)
    expect(left).not.toBe('')
    await s.b.run(['ls'])
    await noneAhead(s)
    expect(existsSync(s.pathOf(left))).toBe(false)
    await s.expectDone(id)
  })

  test.each(some(CLAIMED))('%s: the task that takes it is done, once, and nothing is left', async (point) => {
    await using s = await scene(engine)
    const first = await s.start(['--pool', '1'], { BERTH_FAULT: point })
    const waiting = await filled(s)
    const second = await s.start(['--pool', '1'])
    await killed(s)
    // Of a submit that came to nothing the same one, sent again, makes a task of its own.
    if (point === 'pool.claimed:1') expect(second).not.toBe(waiting)
    else expect(second).toBe(waiting)
    expect(await s.b.run(['wait', second])).toMatchObject({ code: 0 })
    // None of this shape are asked for any more.
    const third = await s.start(['--pool', '0'])
    expect(await s.b.run(['wait', third])).toMatchObject({ code: 0 })
    await noneAhead(s)
    await s.expectDone(first, second, third)
  })

  if (engine.name !== 'docker') return

  test('while it waits: the next supervisor removes it and no other container', async () => {
    await using s = await scene(engine)
    const id = await s.start(['--pool', '1'])
    await filled(s)
    const held = await s.startHeld()
    const pooled = aheadIn(s.b.home)
    await s.kill(s.supervisorPid())
    s.letGo(held)
    await s.b.run(['ls'])
    await noneAhead(s)
    for (const one of pooled) expect(existsSync(s.pathOf(one))).toBe(false)
    await s.expectDone(id, held)
  })

  test('it dies with the supervisor of the task that has just taken it: the task begins in a fresh one', async () => {
    await using s = await scene(engine)
    const first = await s.start(['--pool', '1'], { BERTH_FAULT: 'turn.started:2' })
    const waiting = await filled(s)
    const ran = s.start(['--pool', '1'])
    await killed(s)
    await engineRequest(engine.endpoint, 'POST', `/containers/berth-${waiting}-1-1/kill`).catch(() => {})
    expect(await ran).toBe(waiting)
    expect(await s.b.run(['wait', waiting])).toMatchObject({ code: 0 })
    const third = await s.start(['--pool', '0'])
    await s.b.run(['wait', third])
    await noneAhead(s)
    await s.expectDone(first, waiting, third)
  })

  test('a task that has taken it is stopped by the next supervisor: its sandbox is gone', async () => {
    await using s = await scene(engine)
    await s.start(['--pool', '1'], { BERTH_FAULT: 'task.created:2' })
    const waiting = await filled(s)
    const id = await s.start(['--pool', '1', '--provider-arg', 'sleep=600'])
    expect(id).toBe(waiting)
    await killed(s)
    expect((await s.b.run(['stop', id])).code).toBe(0)
    const third = await s.start(['--pool', '0'])
    await s.b.run(['wait', third])
    await noneAhead(s)
    expect((await s.expectWhole()).find((record) => record.id === id)?.state).toBe('stopped')
  })

  test('the state folder is removed: no sandbox is left', async () => {
    await using s = await scene(engine)
    await s.start(['--pool', '1'])
    await filled(s)
    rmSync(s.b.home, { recursive: true, force: true, maxRetries: 10 })
    await s.expectNothing()
    mkdirSync(s.b.home)
    expect(await s.records()).toEqual([])
  })
})

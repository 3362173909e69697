import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { anyEngine, type TestEngine } from '../fixtures/engines.ts'
import { type Scene, scene } from '../fixtures/whole/scene.ts'

const HOUR = 3_600_000

/** A scene whose supervisors read their clock's error from a file. */
const withClock = async (engine: TestEngine) => {
  const s = await scene(engine, { clock: true })
  return Object.assign(s, { set: (hours: number) => writeFileSync(join(s.b.home, 'clock'), String(hours * HOUR)) })
}

const stoppedFor = async (s: Scene, meanwhile: () => Promise<void>) => {
  const pid = s.supervisorPid() ?? 0
  process.kill(pid, 'SIGSTOP')
  await meanwhile()
  process.kill(pid, 'SIGCONT')
}

describe.concurrent.each(anyEngine())('the clock on $name', (engine) => {
  test('is set back and forth in mid turn: the turn goes on, and nothing comes twice', async () => {
    await using s = await withClock(engine)
    const id = await s.startHeld()
    const times: string[] = []
    for (const hours of [20, -50, 2]) {
      s.set(hours)
      await s.kill(s.supervisorPid())
      s.set(hours - 1)
      times.push((await s.records())[0]?.state ?? '')
    }
    expect(times).toEqual(['running', 'running', 'running'])
    s.letGo(id)
    await s.expectDone(id)
  })

  test('is set back by days between two turns: the second comes after the first', async () => {
    await using s = await withClock(engine)
    const id = await s.start()
    await s.expectDone(id)
    s.set(-72)
    expect((await s.b.run(['send', id, 'more'])).code).toBe(0)
    expect((await s.b.run(['wait', id])).code).toBe(0)
    const [record] = await s.expectWhole()
    expect(record?.turns.map(({ state }) => state)).toEqual(['done', 'done'])
  })

  test('runs on for an hour while the supervisor sleeps, and the agent ends: it is told as it was', async () => {
    await using s = await withClock(engine)
    const id = await s.startHeld()
    await stoppedFor(s, async () => {
      s.set(1)
      s.letGo(id)
      await s.containerEnded(id)
    })
    await s.expectDone(id)
  })

  test('runs on for an hour while the supervisor sleeps, and the agent is at work: it goes on', async () => {
    await using s = await withClock(engine)
    const id = await s.startHeld()
    await stoppedFor(s, async () => s.set(1))
    expect((await s.records())[0]?.state).toBe('running')
    s.letGo(id)
    await s.expectDone(id)
  })

  test('passes the limit of a turn while no supervisor runs: the next one ends it, and says why', async () => {
    await using s = await withClock(engine)
    const id = await s.startHeld(['--turn-timeout', '2h'])
    await s.kill(s.supervisorPid())
    s.set(3)
    expect((await s.b.run(['wait', id])).code).toBe(1)
    const [record] = await s.expectWhole()
    expect(record).toMatchObject({ state: 'failed', outcome: { class: 'limit' }, pushed: null })
    expect(record?.reason).toContain('--turn-timeout')
  })
})

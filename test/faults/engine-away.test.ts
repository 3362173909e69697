import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { TaskRecord } from '../../src/domain/task.ts'
import { anyEngine, rootfulEngines, type TestEngine } from '../fixtures/engines.ts'
import { socketProxy } from '../fixtures/socket-proxy.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { scene } from '../fixtures/whole/scene.ts'

/** Longer than each pause of those who ask again; a minute in the whole suite. */
const AWAY_MS = Number(process.env['BERTH_FAULT_KILLS'] ?? 20) >= 200 ? 60_000 : 6000

/** A scene whose engine is behind a door that the test opens and shuts; a task is at work in it. */
const behindDoor = async (engine: TestEngine) => {
  const folder = temporaryFolder('berth-door-')
  const door = await socketProxy(folder.at('engine.sock'), engine.endpoint.replace('unix://', ''))
  const s = await scene(engine, { flag: `unix://${door.path}` })
  const id = await s.startHeld()
  return {
    s,
    door,
    id,
    lost: () => s.b.until(id, (event) => event.type === 'engine.lost'),
    /** What `berth ls` says of the task while the engine is away: a listing that waits for the engine never ends. */
    async expectListed(expected: Partial<TaskRecord>) {
      const [record] = (await s.b.json<{ readonly tasks: readonly TaskRecord[] }>(['ls', '-a'])).tasks
      expect(record).toMatchObject(expected)
    },
    async expectGoesOn() {
      s.letGo(id)
      await s.expectDone(id)
      expect((await s.b.status(id)).unreachable).toBe(null)
      const said = (await s.b.events(id)).flatMap((event) =>
        event.type === 'agent.output' ? event.text.split('\n') : [],
      )
      expect(said).toEqual(['line 1', 'line 2', 'line 3', 'waiting'])
    },
    async [Symbol.asyncDispose]() {
      await door.reset()
      await s[Symbol.asyncDispose]()
      await door.cut()
      folder[Symbol.dispose]()
    },
  }
}

describe.concurrent.each(rootfulEngines())('the engine $name goes away in mid turn', (engine) => {
  test('its socket is gone: the task is unreachable, not died, and goes on where it was', async () => {
    await using t = await behindDoor(engine)
    await t.door.cut()
    await t.lost()
    await t.expectListed({ state: 'running', unreachable: expect.stringContaining('engine.sock') })
    await sleep(AWAY_MS)
    await t.door.open()
    await t.s.b.until(t.id, (event) => event.type === 'engine.back')
    await t.expectGoesOn()
  })

  test('its socket is gone while the supervisor is killed: the next one waits for it', async () => {
    await using t = await behindDoor(engine)
    await t.door.cut()
    await t.lost()
    await t.s.kill(t.s.supervisorPid())
    await t.expectListed({ state: 'running' })
    await t.door.open()
    await t.expectGoesOn()
  })
})

// What the door does decides the result, and not who is behind it.
describe.concurrent.each(anyEngine())('the engine $name is not itself in mid turn', (engine) => {
  test('its socket is gone, and the agent ends meanwhile', async () => {
    await using t = await behindDoor(engine)
    await t.door.cut()
    await t.lost()
    t.s.letGo(t.id)
    await t.door.open()
    await t.expectGoesOn()
  })

  test('it accepts and never answers: listings answer, the task goes on', async () => {
    await using t = await behindDoor(engine)
    t.door.answer('nothing')
    await t.door.cut()
    await t.door.open()
    await t.expectListed({ state: 'running' })
    await t.door.reset()
    await t.expectGoesOn()
  })

  test('it answers nonsense: listings answer, the task goes on', async () => {
    await using t = await behindDoor(engine)
    t.door.answer('nonsense')
    await t.door.cut()
    await t.door.open()
    await t.lost()
    await t.expectListed({ state: 'running', unreachable: expect.any(String) })
    await t.door.reset()
    await t.expectGoesOn()
  })

  test('it answers slowly: the task comes to its end all the same', async () => {
    await using t = await behindDoor(engine)
    t.door.answer('slowly')
    await t.door.cut()
    await t.door.open()
    await t.expectListed({ state: 'running' })
    await t.expectGoesOn()
  })
})

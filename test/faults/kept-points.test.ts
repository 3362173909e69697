import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { LABEL } from '../../src/domain/container-spec.ts'
import { engineAt } from '../../src/engines/locate/engine-at.ts'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { WAIT_MS } from '../fixtures/wait-ms.ts'
import { type Scene, scene } from '../fixtures/whole/scene.ts'

/** In the second turn, which is in the container of the first; a point that the take-over of the first passes too counts twice. */
const POINTS = [
  'turn.sent:1',
  'turn.started:1',
  'launch.exchange:1',
  'launch.gateway:1',
  'launch.check:1',
  'launch.order:1',
  'frames.raw:1',
  'frames.told:1',
  'container.exited:1',
  'take.after:1',
  'push.after:1',
  'turn.ended:1',
  'kept.rest:2',
] as const
const FEW: ReadonlySet<string> = new Set([
  'turn.sent:1',
  'launch.exchange:1',
  'launch.order:1',
  'frames.told:1',
  'push.after:1',
  'turn.ended:1',
])

const ONCE = [
  'turn.queued',
  'turn.planned',
  'turn.started',
  'container.started',
  'agent.started',
  'agent.ended',
  'container.kept',
  'work.kept',
  'work.pushed',
  'turn.ended',
] as const

describe.concurrent.each(anyEngine())('killed at a point of a turn in a kept container on $name', (engineOf) => {
  const { name, kind, endpoint } = engineOf
  const engine = engineAt(kind, endpoint)
  const begin = (s: Scene, keepAlive: string, env: Readonly<Record<string, string>> = {}) =>
    s.start(['--keep-alive', keepAlive], env)
  const supervisorDied = async ({ b }: Scene) => {
    for (const end = Date.now() + WAIT_MS; Date.now() < end; await sleep(20))
      if (existsSync(join(b.home, 'fault'))) return
    throw new Error('the supervisor did not come to that point')
  }
  const isKept = ({ b }: Scene, id: string) => b.until(id, (event) => event.type === 'container.kept')
  const pushed = ({ remote }: Scene, id: string) => git(remote.bare, ['rev-list', '--count', `main..berth/${id}`])

  const points = POINTS.filter((point) => TEST_ALL || FEW.has(point))
  test.each(points)(
    '%s: one turn more, in that container, pushed once, each event once, nothing left',
    async (point) => {
      await using s = await scene(engineOf)
      const id = await begin(s, '10m')
      expect((await s.b.run(['wait', id])).code).toBe(0)
      await isKept(s, id)
      await s.kill(s.supervisorPid())
      const sent = await s.b.run(['send', id, 'second'], { env: { BERTH_FAULT: point } })
      expect(sent).toMatchObject({ code: 0, stdout: `${id} turn 2\n` })
      await supervisorDied(s)
      expect(await s.b.run(['wait', id])).toMatchObject({ code: 0, stdout: `${id} done\n` })
      const events = await s.b.events(id)
      expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1))
      const second = events.filter((event) => 'turn' in event && event.turn === 2).map(({ type }) => type)
      expect(ONCE.map((type) => [type, second.filter((one) => one === type).length])).toEqual(
        ONCE.map((type) => [type, 1]),
      )
      expect(events.filter(({ type }) => type === 'container.created').length).toBe(1)
      expect(pushed(s, id)).toBe('2')
      expect((await engine.list({ [LABEL.task]: id })).map(({ state }) => state)).toEqual(['running'])
      await s.b.run(['stop', id])
      expect(await s.b.status(id)).toMatchObject({ state: 'done', clean: true, kept: null })
      await s.expectWhole()
    },
  )

  if (name !== 'docker') return

  test.each(['container.exited:1', 'turn.ended:1', 'kept.rest:1', 'remove.after:1', 'clean.told:1'])(
    '%s of the first turn: its time is kept over the death, and nothing is left',
    async (point) => {
      await using s = await scene(engineOf)
      const id = await begin(s, '4s', { BERTH_FAULT: point })
      await supervisorDied(s)
      expect(await s.b.run(['wait', id])).toMatchObject({ code: 0, stdout: `${id} done\n` })
      await s.b.until(id, (event) => event.type === 'container.removed')
      const types = (await s.b.events(id)).map(({ type }) => type)
      expect(types.filter((type) => type === 'container.kept' || type === 'turn.ended').length).toBe(2)
      await s.expectWhole()
    },
  )

  test('a container that has gone while its prompt was on its way: a fresh one, also killed in between', async () => {
    await using s = await scene(engineOf)
    const id = await begin(s, '10m')
    expect((await s.b.run(['wait', id])).code).toBe(0)
    await isKept(s, id)
    await s.kill(s.supervisorPid())
    const sending = s.b.begin(['send', id, 'second'], { env: { BERTH_FAULT: 'turn.started:1' } })
    await supervisorDied(s)
    for (const { id: container } of await engine.list({ [LABEL.task]: id })) await engine.remove(container)
    expect((await sending.over).code).toBe(0)
    expect((await s.b.run(['wait', id])).code).toBe(0)
    const events = await s.b.events(id)
    expect(events.filter(({ type }) => type === 'container.created').length).toBe(2)
    expect(events.filter(({ type }) => type === 'turn.started').length).toBe(2)
    expect(pushed(s, id)).toBe('2')
  })

  test('the state folder is removed: no warm container is left', async () => {
    await using s = await scene(engineOf)
    const id = await begin(s, '10m')
    await isKept(s, id)
    // No work of the turn is written any more.
    expect((await s.b.run(['wait', id])).code).toBe(0)
    rmSync(s.b.home, { recursive: true, force: true, maxRetries: 10 })
    await s.expectNothing()
    mkdirSync(s.b.home)
  })
})

import { describe, expect, test, vi } from 'vitest'
import { anyEngine, type TestEngine } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { moveAtPush } from '../fixtures/remotes/remote-hooks.ts'
import { socketProxy } from '../fixtures/socket-proxy.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { leftOnEngine } from '../fixtures/whole/left-on-engine.ts'
import { scene } from '../fixtures/whole/scene.ts'

/** A task whose push has lost a race; its helper of that name runs, and the engine does not say how it ends. */
const inHelper = async (engine: TestEngine, job: 'rebase' | 'move') => {
  const folder = temporaryFolder('berth-door-')
  const door = await socketProxy(folder.at('engine.sock'), engine.endpoint.replace('unix://', ''))
  const s = await scene(engine, { flag: `unix://${door.path}` })
  moveAtPush(s.remote.bare, 'main', 1)
  const held = door.holdAt(new RegExp(`/containers/create\\?name=\\S+-${job}\\b`), /\/start\b/, /\/wait\b/)
  const id = await s.start(['--push-to', 'main'])
  await held
  return {
    s,
    door,
    id,
    subjects: () => git(s.remote.bare, ['log', '--format=%s', 'main']).split('\n'),
    async [Symbol.asyncDispose]() {
      await door.reset()
      await s[Symbol.asyncDispose]()
      await door.cut()
      folder[Symbol.dispose]()
    },
  }
}

describe.concurrent.each(anyEngine())('while a push that lost a race is made good on $name', (engine) => {
  test.each(['rebase', 'move'] as const)('the engine goes away (%s): it waits, and goes on', async (job) => {
    await using t = await inHelper(engine, job)
    const { s, id } = t
    await t.door.cut()
    await s.b.until(id, ({ type }) => type === 'engine.lost')
    // The list is made of what is on the disk, a moment later.
    const listed = [{ state: 'running', unreachable: expect.stringContaining('engine.sock') as string }]
    await vi.waitFor(async () => expect(await s.records()).toMatchObject(listed), 60_000)
    await t.door.open()
    expect(await s.b.run(['wait', id])).toMatchObject({ code: 0, stdout: `${id} done\n` })
    await s.expectWhole()
    expect(t.subjects()).toEqual(['nothing', 'theirs 1', 'first'])
    const types = (await s.b.events(id)).map(({ type }) => type)
    for (const once of ['engine.back', 'work.rebased', 'work.pushed', 'workspace.moved'])
      expect(types.filter((type) => type === once)).toHaveLength(1)
  })

  test('a stop: nothing is pushed, nothing is left, the work is kept and can be pushed', async () => {
    await using t = await inHelper(engine, 'rebase')
    const { s, id } = t
    expect(await s.b.run(['stop', id])).toMatchObject({ code: 0, stdout: `${id} stopped\n` })
    const [record] = await s.expectWhole()
    expect(record).toMatchObject({ state: 'stopped', pushed: null })
    expect(await leftOnEngine(engine.endpoint, [id])).toEqual([])
    expect(t.subjects()).toEqual(['theirs 1', 'first'])
    expect(await s.b.run(['push', id])).toMatchObject({ code: 0, stderr: '' })
    expect(t.subjects()).toEqual(['nothing', 'theirs 1', 'first'])
  })
})

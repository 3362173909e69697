import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { rootfulEngines, TEST_ALL } from '../fixtures/engines.ts'
import { shellImage } from '../fixtures/shell-image.ts'
import { WAIT_MS } from '../fixtures/wait-ms.ts'
import { type Scene, scene } from '../fixtures/whole/scene.ts'

const POINTS = [
  'task.created',
  'turn.started',
  'launch.folders',
  'launch.prompt',
  'launch.mirror',
  'launch.lfs',
  'launch.gateway',
  'create.untold',
  'launch.create',
  'launch.start',
  'launch.check',
  'launch.order',
  'frames.raw',
  'frames.told',
  'take.before',
  'take.after',
  'container.exited',
  'push.before',
  'push.after',
  'push.told',
  'turn.ended',
  'remove.after',
  'clean.written',
  'clean.told',
] as const
const FEW: ReadonlySet<string> = new Set([
  'create.untold',
  'launch.create',
  'launch.order',
  'frames.told',
  'push.after',
  'turn.ended',
])

const killed = async ({ b }: Scene) => {
  for (const end = Date.now() + WAIT_MS; Date.now() < end; await sleep(20))
    if (existsSync(join(b.home, 'fault'))) return
  throw new Error('the supervisor did not come to that point')
}

/** One more supervisor serves from here, which dies at the point. */
const armed = async ({ b, kill, supervisorPid }: Scene, point: string) => {
  const pid = supervisorPid()
  if (pid !== undefined) await kill(pid)
  return (args: readonly string[]) => b.run(args, { env: { BERTH_FAULT: `${point}:1` } })
}

describe.concurrent.each(rootfulEngines())('the supervisor killed at a point on $name', (engine) => {
  const all = TEST_ALL || engine.name === 'docker'
  test.each(POINTS.filter((point) => all || FEW.has(point)))(
    '%s: done, pushed once, each event once, nothing left',
    async (point) => {
      await using s = await scene(engine)
      const id = await s.start([], { BERTH_FAULT: `${point}:1` })
      await killed(s)
      await s.expectDone(id)
    },
  )

  const shared = ['tree.made', 'launch.tree', 'launch.create', 'launch.start', 'take.after', 'remove.after'] as const
  test.each(shared.filter((point) => all || FEW.has(point)))(
    '%s, over a shared tree: done, pushed once, one tree, nothing left',
    async (point) => {
      await using s = await scene(engine)
      const other = await s.start(['--shared-tree'], { BERTH_FAULT: `${point}:1` })
      await killed(s)
      const id = await s.start(['--shared-tree'])
      await s.expectDone(other, id)
      const mirrors = join(s.b.home, 'trees')
      expect(readdirSync(mirrors).flatMap((name) => readdirSync(join(mirrors, name)))).toHaveLength(1)
    },
  )

  if (!all) return

  test.each(['archive.told', 'archive.half', 'rm.before'])(
    '%s, over a shared tree: nobody leans on it',
    async (point) => {
      await using s = await scene(engine)
      const id = await s.start(['--shared-tree', '--provider-arg', 'shell=rm README.md'])
      await s.expectDone(id)
      const run = await armed(s, point)
      const verb = point.startsWith('rm') ? 'rm' : 'archive'
      await run([verb, id])
      await killed(s)
      await s.b.run([verb, id])
      await s.expectWhole()
      const left = readdirSync(join(s.b.home, 'trees'), { recursive: true, encoding: 'utf8' })
      expect(left.filter((name) => /\/pins\/./.test(name))).toEqual([])
      expect(existsSync(s.pathOf(id, 'layer'))).toBe(false)
    },
  )

  test('turn.sent: a prompt whose answer was lost is one turn', async () => {
    await using s = await scene(engine)
    const id = await s.start()
    await s.expectDone(id)
    const run = await armed(s, 'turn.sent')
    expect(await run(['send', id, 'more'])).toMatchObject({ code: 0, stdout: `${id} turn 2\n` })
    await killed(s)
    expect((await s.b.run(['wait', id])).code).toBe(0)
    const [record] = await s.expectWhole()
    expect(record?.turns.map(({ state }) => state)).toEqual(['done', 'done'])
  })

  test('check.started: the container that looked at an image is gone, the image is looked at again', async () => {
    await using s = await scene(engine)
    using image = shellImage(engine, `berth-faults-shell:${process.pid}`)
    const id = await s.start(['--image', image.tag], { BERTH_FAULT: 'check.started:1' })
    await killed(s)
    await s.expectDone(id)
  })

  test('fork.packed: the fork is one task, and done', async () => {
    await using s = await scene(engine)
    const id = await s.start()
    await s.expectDone(id)
    const run = await armed(s, 'fork.packed')
    const fork = (await run(['fork', id, 'more'])).stdout.trim()
    await killed(s)
    expect(await s.b.run(['wait', fork])).toMatchObject({ code: 0, stdout: `${fork} done\n` })
    expect((await s.expectWhole()).map((record) => record.id).sort()).toEqual([id, fork].sort())
  })

  test.each(['stop.told', 'stop.sent'])('%s: the stop that was asked for is carried out, once', async (point) => {
    await using s = await scene(engine)
    const id = await s.startHeld()
    const run = await armed(s, point)
    expect((await run(['stop', id])).code).toBe(0)
    await killed(s)
    const [record] = await s.expectWhole()
    expect(record?.state).toBe('stopped')
  })

  test.each(['archive.told', 'archive.half', 'archive.emptied'])('%s: the archive is made whole', async (point) => {
    await using s = await scene(engine)
    const id = await s.start()
    await s.expectDone(id)
    const run = await armed(s, point)
    expect((await run(['archive', id])).code).toBe(0)
    await killed(s)
    const [record] = await s.expectWhole()
    expect(record).toMatchObject({ archived: true, state: 'done' })
    for (const name of ['workspace', 'home', 'exchange']) expect(existsSync(s.pathOf(id, name))).toBe(false)
    expect((await s.b.events(id)).filter(({ type }) => type === 'task.archived').length).toBe(1)
  })

  test('prune.workspace: what is pruned already stays so, the rest follows', async () => {
    await using s = await scene(engine)
    const ids = [await s.start(), await s.start()]
    await s.expectDone(...ids)
    const run = await armed(s, 'prune.workspace')
    expect((await run(['prune', '--force'])).code).toBe(0)
    await killed(s)
    expect((await s.expectWhole()).map(({ archived }) => archived)).toEqual([true, true])
  })

  test.each(['rm.before', 'rm.usage', 'rm.row', 'rm.trash'])(
    '%s: the task is gone, with its pin and its folder',
    async (point) => {
      await using s = await scene(engine)
      const id = await s.start()
      const other = await s.start()
      await s.expectDone(id, other)
      const run = await armed(s, point)
      await run(['rm', id])
      await killed(s)
      await s.b.run(['rm', id])
      expect((await s.expectWhole()).map((record) => record.id)).toEqual([other])
    },
  )

  // What no engine sees.
  if (engine.name !== 'docker') return

  test('a fault of ours that passes is none: done, pushed once', async () => {
    await using s = await scene(engine)
    await s.expectDone(await s.start([], { BERTH_FAULT: 'turn.started:2:throw' }))
  })

  test('a fault of ours that stays fails its turn and no other, without the supervisor’s end', async () => {
    await using s = await scene(engine)
    const id = await s.start([], { BERTH_FAULT: 'turn.started:4:throw' })
    expect((await s.b.run(['send', id, 'second'])).code).toBe(0)
    expect((await s.b.run(['wait', id])).code).toBe(0)
    const [record] = await s.expectWhole()
    expect(record?.turns).toMatchObject([
      {
        outcome: { result: 'failed', class: 'internal', reason: expect.stringContaining('a bug in Berth') as string },
      },
      { outcome: { result: 'done' } },
    ])
  })

  test.each([1, 2, 3])("folders.half: folder %d, made and not yet its user's, is made so", async (count) => {
    await using s = await scene(engine)
    const id = await s.start([], { BERTH_FAULT: `folders.half:${count}` })
    await killed(s)
    await s.expectDone(id)
  })

  test('clean.again: what two supervisors were killed over, one after the other, is made good by the third', async () => {
    await using s = await scene(engine)
    const id = await s.start([], { BERTH_FAULT: 'clean.written:1' })
    await killed(s)
    writeFileSync(s.pathOf(id, '.plan.json.1.half.tmp'), '{')
    rmSync(join(s.b.home, 'fault'))
    await s.b.run(['ls'], { env: { BERTH_FAULT: 'clean.again:1' } })
    await killed(s)
    await s.expectDone(id)
  })

  test.each([
    ['hook.before', 1],
    ['hook.after', 2],
  ])('%s: the hook is told %d times of one event, and the journal says once', async (point, times) => {
    await using s = await scene(engine)
    const told = join(s.b.folder, 'told')
    mkdirSync(s.b.home, { recursive: true })
    writeFileSync(join(s.b.home, 'config.toml'), `hook = ["/bin/sh", "-c", 'echo "$BERTH_EVENT" >> "$0"', "${told}"]`)
    const id = await s.start([], { BERTH_FAULT: `${point}:1` })
    await killed(s)
    await s.expectDone(id)
    await s.b.until(id, (event) => event.type === 'hook.ran')
    const events = await s.b.events(id)
    const due = events.find((event) => event.type === 'hook.due')
    expect(readFileSync(told, 'utf8')).toBe(`${id}:${due?.seq}\n`.repeat(times))
    expect(events.filter((event) => event.type === 'hook.ran')).toHaveLength(1)
  })

  test('turn.resumed: a resume whose answer was lost is one more try', async () => {
    await using s = await scene(engine)
    const id = await s.submit([...s.job, '--provider-arg', 'exit=3', 'nothing'])
    expect((await s.b.run(['wait', id])).code).toBe(1)
    const run = await armed(s, 'turn.resumed')
    expect(await run(['resume', id])).toMatchObject({ code: 0, stderr: '' })
    await killed(s)
    expect((await s.b.run(['wait', id])).code).toBe(1)
    const [record] = await s.expectWhole()
    expect(record?.turns).toMatchObject([{ attempt: 2, state: 'failed' }])
    expect((await s.b.events(id)).filter(({ type }) => type === 'turn.again')).toHaveLength(1)
  })

  test('turn.edited: the prompt that was edited is the new one, once', async () => {
    await using s = await scene(engine)
    const id = await s.startHeld()
    expect((await s.b.run(['send', id, 'second'])).code).toBe(0)
    const run = await armed(s, 'turn.edited')
    expect(await run(['edit', id, '2', 'better'])).toMatchObject({ code: 0, stdout: `${id} turn 2 edited\n` })
    await killed(s)
    s.letGo(id)
    expect((await s.b.run(['wait', id])).code).toBe(0)
    const [record] = await s.expectWhole()
    expect(record?.turns.map(({ state }) => state)).toEqual(['done', 'done'])
    const edited = (await s.b.events(id)).filter(({ type }) => type === 'turn.edited')
    expect(edited).toMatchObject([{ turn: 2, prompt: 'better' }])
  })

  test('turn.withdrawn: the turn is withdrawn, once, and the one before it goes on', async () => {
    await using s = await scene(engine)
    const id = await s.startHeld()
    expect((await s.b.run(['send', id, 'second'])).code).toBe(0)
    const run = await armed(s, 'turn.withdrawn')
    expect(await run(['withdraw', id, '2'])).toMatchObject({ code: 0, stdout: `${id} turn 2 withdrawn\n` })
    await killed(s)
    s.letGo(id)
    await s.expectDone(id)
    const [record] = await s.records()
    expect(record?.turns).toMatchObject([{ state: 'done' }, { outcome: { class: 'withdrawn' } }])
    expect((await s.b.events(id)).filter(({ type }) => type === 'turn.withdrawn')).toHaveLength(1)
  })

  test('egress.rule: the rule is there, once, and the gateway heard of it from the supervisor that came after', async () => {
    await using s = await scene(engine)
    const id = await s.startHeld()
    const url = 'http://127.0.0.2:1/'
    const ask = async () => (await s.b.run(['exec', '--no-stdin', id, '--', 'curl', '-s', url])).stdout
    expect(await ask()).toContain('"code":"egress_denied"')
    const run = await armed(s, 'egress.rule')
    expect((await run(['allow', id, '127.0.0.2:1 private'])).code).toBe(0)
    await killed(s)
    expect(await ask()).toContain('127.0.0.2:1 could not be reached')
    s.letGo(id)
    await s.expectDone(id)
    expect((await s.b.events(id)).filter(({ type }) => type === 'egress.rule')).toHaveLength(1)
  })
})

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { anyEngine, TEST_ALL, type TestEngine } from '../fixtures/engines.ts'
import { startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { WAIT_MS } from '../fixtures/wait-ms.ts'
import { leftOnEngine } from '../fixtures/whole/left-on-engine.ts'
import { type Scene, scene } from '../fixtures/whole/scene.ts'

/** While the container of a task is started that is still planned; the launch takes it after `early.taken`. */
const POINTS = [
  'early.recorded',
  'early.folders',
  'early.bare',
  'create.untold',
  'early.create',
  'early.start',
  'early.check',
  'early.taken',
] as const
const FEW: ReadonlySet<string> = new Set(['early.recorded', 'create.untold', 'early.start', 'early.taken'])
/** The remote answers so late that the container runs by then. */
const LATE_MS = 1500
const SOON_MS = 5000

const killed = async ({ b }: Scene) => {
  for (const end = Date.now() + WAIT_MS; !existsSync(join(b.home, 'fault')); await sleep(20))
    if (Date.now() > end) throw new Error('the supervisor did not come to that point')
}

/** A scene with a remote that takes its time. */
const slow = async (engine: TestEngine): Promise<Scene> =>
  scene(engine, { remote: await startHttpRemote({ delay: LATE_MS }) })

/** A task on a branch that the remote does not have. */
const refused = async ({ b, job }: Scene, point?: string) => {
  const env = point === undefined ? {} : { BERTH_FAULT: `${point}:1` }
  const ran = await b.run(['start', ...job, '--ref', 'no-such-branch', 'nothing'], { env })
  expect(ran).toMatchObject({ code: 2, stdout: '' })
  expect(ran.stderr).toContain('no-such-branch')
}

/** What the refused task has left in the state folder and on the engine. */
const left = async ({ b, engine }: Scene): Promise<readonly string[]> => {
  const files = (folder: string) => (existsSync(join(b.home, folder)) ? readdirSync(join(b.home, folder)) : [])
  return [
    ...files('').filter((name) => name.startsWith('pool-') || name.startsWith('trash-')),
    ...files('tasks'),
    ...(await leftOnEngine(engine.endpoint, [b.home])),
  ]
}
const nothingLeft = async (s: Scene, limitMs: number) => {
  for (const end = Date.now() + limitMs; Date.now() < end && (await left(s)).length > 0; ) await sleep(50)
  expect(await left(s)).toEqual([])
}

describe.concurrent.each(anyEngine())('a container that is started while its task is planned, on $name', (engine) => {
  const some = POINTS.filter((point) => TEST_ALL || FEW.has(point))

  test.each(some)('killed at %s: the task that is sent again is done, once, and nothing is left', async (point) => {
    await using s = await scene(engine)
    const id = await s.start([], { BERTH_FAULT: `${point}:1` })
    await killed(s)
    await s.expectDone(id)
    expect((await left(s)).filter((name) => name !== id)).toEqual([])
  })

  test('a task that is refused leaves nothing', async () => {
    await using s = await slow(engine)
    await refused(s)
    await nothingLeft(s, SOON_MS)
    // The empty mirror goes last, and is no user's to see.
    await expect.poll(() => readdirSync(join(s.b.home, 'mirrors')), { timeout: WAIT_MS }).toEqual([])
    await s.end()
  })

  test.each([...some.filter((point) => point !== 'early.taken'), 'early.refused'])(
    'killed at %s: a task that is refused leaves nothing',
    async (point) => {
      await using s = await slow(engine)
      await refused(s, point)
      await killed(s)
      await nothingLeft(s, WAIT_MS)
      expect(await s.records()).toEqual([])
      await s.end()
    },
  )

  test('the launch takes it: created and started once, before the plan was whole', async () => {
    await using s = await slow(engine)
    const id = await s.start()
    await s.expectDone(id)
    const events = await s.b.events(id)
    const spans = new Map(
      events.flatMap((one) => (one.type === 'turn.span' ? [[one.name, Date.parse(one.began)]] : [])),
    )
    const created = Date.parse(events.find(({ type }) => type === 'task.created')?.at ?? '')
    for (const name of ['bare', 'create', 'start']) expect(spans.get(name)).toBeLessThan(created)
    expect(events.filter(({ type }) => type === 'container.created' || type === 'container.started')).toHaveLength(2)
  })

  test('a task that is stopped as soon as it is there leaves nothing', async () => {
    await using s = await scene(engine)
    const id = await s.start(['--provider-arg', 'sleep=600'])
    expect((await s.b.run(['stop', '--now', id])).code).toBe(0)
    expect((await s.expectWhole()).map(({ state }) => state)).toEqual(['stopped'])
  })
})

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LABEL } from '../../src/domain/container-spec.ts'
import { engineAt } from '../../src/engines/locate/engine-at.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'

const POINTS = [
  'task.created',
  'turn.started',
  'launch.folders',
  'launch.mirror',
  'launch.gateway',
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
  'clean.told',
] as const
const FEW: ReadonlySet<string> = new Set(['launch.create', 'launch.order', 'frames.told', 'push.after', 'turn.ended'])

/** Events that a turn tells once, whoever tells them. */
const ONCE = [
  'task.created',
  'turn.queued',
  'turn.planned',
  'turn.started',
  'container.created',
  'container.started',
  'agent.started',
  'agent.output',
  'agent.ended',
  'container.exited',
  'work.kept',
  'work.pushed',
  'turn.ended',
  'container.removed',
] as const

const starts = (home: string) =>
  readFileSync(join(home, 'supervisor.log'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"msg":"start"')).length

describe.each(rootfulEngines())('killed at a point on $name', ({ flag, name, kind, endpoint }) => {
  let b: Berth
  let remote: Remote
  beforeEach(async () => {
    b = berth()
    remote = await startFileRemote()
  })
  afterEach(async () => {
    await b.close()
    await remote.close()
  })

  const start = async (fault: string) => {
    const job = ['--engine', flag, '--agent', 'noop', '--repo', remote.url, '--branch', 'main']
    const options = ['--provider-arg', 'commit=made.txt']
    const env = { BERTH_FAULT: `${fault}:1` }
    const ran = await b.run(['start', ...job, ...options, 'nothing'], { env })
    expect(ran.stderr).toBe('')
    return ran.stdout.trim()
  }

  const killed = async () => {
    for (const end = Date.now() + 20_000; Date.now() < end; await sleep(20))
      if (existsSync(join(b.home, 'fault'))) return
    throw new Error('the supervisor did not come to that point')
  }

  const points = POINTS.filter((point) => name === 'docker' || FEW.has(point))
  test.each(points)('%s: done, pushed once, each event once, nothing left', async (point) => {
    const id = await start(point)
    await killed()
    expect(await b.run(['wait', id])).toMatchObject({ code: 0, stdout: `${id} done\n` })
    await b.until(id, (event) => event.type === 'container.removed')
    expect(starts(b.home)).toBe(2)
    const events = await b.events(id)
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1))
    const types = events.map((event) => event.type)
    const seen = ONCE.filter((type) => types.includes(type)).map((type) => [
      type,
      types.filter((t) => t === type).length,
    ])
    expect(seen).toEqual(
      ONCE.filter((type) => type !== 'agent.output' || types.includes(type)).map((type) => [type, 1]),
    )
    expect(git(remote.bare, ['rev-list', '--count', `main..berth/${id}`])).toBe('1')
    const plan = JSON.parse(readFileSync(join(b.home, 'tasks', id, 'plan.json'), 'utf8')) as Plan
    expect(existsSync(plan.folders.exchange)).toBe(false)
    expect(existsSync(plan.folders.socket)).toBe(false)
    const engine = engineAt(kind, endpoint)
    expect(await engine.list({ [LABEL.task]: id })).toEqual([])
  })

  test.each([
    ['hook.before', 1],
    ['hook.after', 2],
  ])('%s: the hook is told %d times of one event, and the journal says once', async (point, times) => {
    const told = join(b.folder, 'told')
    mkdirSync(b.home, { recursive: true })
    writeFileSync(join(b.home, 'config.toml'), `hook = ["/bin/sh", "-c", 'echo "$BERTH_EVENT" >> "$0"', "${told}"]`)
    const id = await start(point)
    await killed()
    expect((await b.run(['wait', id])).code).toBe(0)
    await b.until(id, (event) => event.type === 'hook.ran')
    const events = await b.events(id)
    const due = events.find((event) => event.type === 'hook.due')
    expect(readFileSync(told, 'utf8')).toBe(`${id}:${due?.seq}\n`.repeat(times))
    expect(events.filter((event) => event.type === 'hook.ran')).toHaveLength(1)
    expect(starts(b.home)).toBe(2)
  })

  test('turn.sent: a prompt whose answer was lost is one turn', async () => {
    const id = await start('none')
    expect((await b.run(['wait', id])).code).toBe(0)
    await b.until(id, (event) => event.type === 'container.removed')
    process.kill((await b.supervisor()) ?? 0, 'SIGKILL')
    const sent = await b.run(['send', id, 'more'], { env: { BERTH_FAULT: 'turn.sent:1' } })
    expect(sent).toMatchObject({ code: 0, stdout: `${id} turn 2\n` })
    expect(existsSync(join(b.home, 'fault'))).toBe(true)
    expect((await b.run(['wait', id])).code).toBe(0)
    expect((await b.status(id)).turns.map(({ state }) => state)).toEqual(['done', 'done'])
  })
})

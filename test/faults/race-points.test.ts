import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { anyEngine } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { commitFiles } from '../fixtures/remotes/make-repository.ts'
import { moveAtPush } from '../fixtures/remotes/remote-hooks.ts'
import { WAIT_MS } from '../fixtures/wait-ms.ts'
import { leftOnEngine } from '../fixtures/whole/left-on-engine.ts'
import { type Scene, scene } from '../fixtures/whole/scene.ts'

/** On the way of a push that lost a race. */
const POINTS = [
  'push.after',
  'rebase.raced',
  'rebase.before',
  'rebase.after',
  'rebase.told',
  'rebase.pushed',
  'push.told',
  'move.before',
  'move.after',
]
const FEW: ReadonlySet<string> = new Set(['rebase.after', 'rebase.pushed', 'move.after'])

const killed = async ({ b }: Scene) => {
  for (const end = Date.now() + WAIT_MS; Date.now() < end; await sleep(20))
    if (existsSync(join(b.home, 'fault'))) return
  throw new Error('the supervisor did not come to that point')
}

/** Main is what others pushed and the task's one commit, in a line. */
const expectInLine = async ({ b, remote }: Scene, id: string, ...theirs: readonly string[]) => {
  const subjects = git(remote.bare, ['log', '--format=%s', 'main']).split('\n')
  expect(subjects.sort()).toEqual(['first', 'nothing', 'theirs 1', ...theirs].sort())
  expect(git(remote.bare, ['rev-list', '--min-parents=2', '--count', 'main'])).toBe('0')
  const types = (await b.events(id)).map(({ type }) => type)
  for (const once of ['work.pushed', 'workspace.moved']) expect(types.filter((type) => type === once)).toHaveLength(1)
}

describe.concurrent.each(anyEngine())('the supervisor killed in a race, on $name', (engine) => {
  const points = POINTS.filter((point) => engine.name === 'docker' || FEW.has(point))
  test.each(points)('%s: rebased, pushed once, nothing left', async (point) => {
    await using s = await scene(engine)
    moveAtPush(s.remote.bare, 'main', 1)
    const id = await s.start(['--push-to', 'main'], { BERTH_FAULT: `${point}:1` })
    await killed(s)
    expect(await s.b.run(['wait', id])).toMatchObject({ code: 0, stdout: `${id} done\n` })
    await s.expectWhole()
    await expectInLine(s, id)
  })

  test('behind the push of rebased work, and others push on top of it: it is not pushed again', async () => {
    await using s = await scene(engine)
    const { bare } = s.remote
    moveAtPush(bare, 'main', 1)
    const id = await s.start(['--push-to', 'main'], { BERTH_FAULT: 'rebase.pushed:1' })
    await killed(s)
    const ours = git(bare, ['rev-parse', 'main'])
    const work = `${bare}.work`
    git(work, ['pull', '--quiet', '--ff-only', bare, 'main'])
    const onTop = commitFiles(work, { 'later.txt': 'later\n' }, 'on top')
    git(work, ['push', '--quiet', bare, 'main'])
    expect(await s.b.run(['wait', id])).toMatchObject({ code: 0, stdout: `${id} done\n` })
    await s.expectWhole()
    await expectInLine(s, id, 'on top')
    expect(git(bare, ['rev-parse', 'main'])).toBe(onTop)
    expect(await s.b.status(id)).toMatchObject({ head: ours, pushed: { branch: 'main', sha: ours } })
  })

  test('a push by hand that rebases: it is done again, pushed once, nothing left', async () => {
    await using s = await scene(engine)
    const id = await s.start(['--push', 'none'])
    expect((await s.b.run(['wait', id])).code).toBe(0)
    await s.b.until(id, (event) => event.type === 'container.removed')
    await s.kill(s.supervisorPid())
    moveAtPush(s.remote.bare, 'main', 1)
    const pushed = await s.b.run(['push', id, '--to', 'main'], { env: { BERTH_FAULT: 'rebase.after:1' } })
    expect(pushed).toMatchObject({ code: 0, stderr: '' })
    await killed(s)
    expect(await s.b.status(id)).toMatchObject({ state: 'done', clean: true, pushed: { branch: 'main' } })
    await expectInLine(s, id)
    expect(readdirSync(s.pathOf(id, 'exchange'))).toEqual([])
    expect(await leftOnEngine(engine.endpoint, [id])).toEqual([])
  })
})

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { engineRequest } from '../fixtures/engine-request.ts'
import { rootfulEngines, TEST_ALL } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { WAIT_MS } from '../fixtures/wait-ms.ts'
import { pushFlaws } from '../fixtures/whole/push-flaws.ts'
import { scene } from '../fixtures/whole/scene.ts'

/** Each repository comes to each point once: the second time is the further one's. */
const POINTS = [
  'launch.mirror:1',
  'take.after:1',
  'push.after:1',
  'push.told:1',
  'take.after:2',
  'push.before:2',
  'push.after:2',
] as const
const FEW: ReadonlySet<string> = new Set(['push.told:1', 'push.after:2'])

const engines = rootfulEngines().filter(({ name }) => TEST_ALL || name === 'docker')

describe.concurrent.each(engines)('a task on two repositories, the supervisor killed on $name', (engine) => {
  test.each(POINTS.filter((point) => TEST_ALL || FEW.has(point)))('%s: both are pushed, each once', async (point) => {
    await using s = await scene(engine)
    const lib = await startFileRemote()
    try {
      const shell = 'echo lib > lib/made.txt; git -C lib add -A; git -C lib commit -qm lib'
      const more = [
        '--repo',
        `${lib.url}:lib`,
        '--provider-arg',
        `shell=${shell}`,
        '--provider-arg',
        'commit=project/made.txt',
      ]
      const id = await s.submit([...s.job, ...more, 'nothing'], { BERTH_FAULT: point })
      for (const end = Date.now() + WAIT_MS; !existsSync(join(s.b.home, 'fault')); await sleep(20))
        if (Date.now() > end) throw new Error('the supervisor did not come to that point')
      await s.expectDone(id)
      expect(git(lib.bare, ['rev-list', '--count', `main..berth/${id}`])).toBe('1')
      expect(pushFlaws(lib.bare, [{ events: await s.b.events(id) }], [], 'lib')).toEqual([])
    } finally {
      await lib.close()
    }
  })

  test.skipIf(!TEST_ALL)('a container that is killed: the work on both is collected, and pushed by hand', async () => {
    await using s = await scene(engine)
    const lib = await startFileRemote()
    try {
      const shell = 'for d in project lib; do echo made > $d/made.txt; done; echo waiting; sleep 600'
      const id = await s.submit([...s.job, '--repo', `${lib.url}:lib`, '--provider-arg', `shell=${shell}`, 'nothing'])
      await s.b.until(id, (event) => event.type === 'agent.output' && event.text === 'waiting')
      const created = await s.b.until(id, (event) => event.type === 'container.created')
      const container = created.type === 'container.created' ? created.id : ''
      await engineRequest(engine.endpoint, 'POST', `/containers/${container}/kill`)
      await s.b.run(['wait', id])
      const [record] = await s.expectWhole()
      expect(record).toMatchObject({ pushed: null, commits: [{}], further: { lib: { pushed: null, commits: [{}] } } })
      expect(await s.b.run(['push', id])).toMatchObject({ code: 0, stderr: '' })
      for (const { bare } of [s.remote, lib]) expect(git(bare, ['show', `berth/${id}:made.txt`])).toBe('made')
    } finally {
      await lib.close()
    }
  })
})
